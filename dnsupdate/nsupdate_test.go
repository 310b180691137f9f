package dnsupdate_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"siteswap/dnsupdate"
	"siteswap/internal/peers"
)

// nsupdate is the yardstick: one process that is fed through a pipe, so that its start is not counted.
type nsupdate struct {
	in  io.Writer
	out *bufio.Reader
	key string
}

// warmNSUpdate starts one with the key. Its output is flushed line by line: otherwise it could not be seen when it is done.
func warmNSUpdate(b *testing.B, k peers.Key) *nsupdate {
	b.Helper()
	cmd := exec.Command("stdbuf", "-oL", "nsupdate", "-k", nsKeyFile(b, k))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &nsupdate{in: in, out: bufio.NewReader(out)}
}

func nsKeyFile(b testing.TB, k peers.Key) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "nsupdate.key")
	text := fmt.Sprintf("key \"%s\" { algorithm %s; secret \"%s\"; };\n", k.Name, k.Algorithm, base64.StdEncoding.EncodeToString(k.Secret))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// run feeds a script and waits until the last of its updates is answered; every one must be NOERROR.
func (n *nsupdate) run(b *testing.B, script string, updates int) {
	b.Helper()
	if _, err := io.WriteString(n.in, script+"version\n"); err != nil {
		b.Fatal(err)
	}
	good := 0
	for {
		line, err := n.out.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if strings.Contains(line, "status: NOERROR") {
			good++
		}
		if strings.HasPrefix(line, "nsupdate ") {
			break
		}
	}
	if good != updates {
		b.Fatalf("nsupdate: %d of %d updates were good", good, updates)
	}
}

// coldNSUpdate runs the script in a process of its own.
func coldNSUpdate(b *testing.B, key, script string) {
	b.Helper()
	cmd := exec.Command("nsupdate", "-k", key)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "failed") {
		b.Fatalf("nsupdate: %v\n%s", err, out)
	}
}

// scriptFor is what a person would feed to nsupdate for the set: the same prerequisites, deletions and additions.
func scriptFor(set dnsupdate.Set, server string, answers bool) string {
	var s strings.Builder
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		panic(err)
	}
	for _, z := range set.Zones {
		fmt.Fprintf(&s, "server %s %s\nzone %s\n", host, port, z.Name)
		for _, c := range z.Changes {
			fmt.Fprintf(&s, "prereq yxrrset %s. IN %s %s\n", c.Name, c.Type, c.Old[0])
		}
		for _, c := range z.Changes {
			fmt.Fprintf(&s, "update delete %s. %s\nupdate add %s. %d %s %s\n", c.Name, c.Type, c.Name, int(c.TTL.Seconds()), c.Type, c.New[0])
		}
		s.WriteString("send\n")
		if answers {
			s.WriteString("answer\n")
		}
	}
	return s.String()
}
