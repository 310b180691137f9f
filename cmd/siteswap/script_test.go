package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"siteswap/internal/config"
)

// TestMain lets the test binary be the program as well: scripts run it, and a drill starts its controllers from it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"siteswap": main, "takes-its-time": takesItsTime})
}

// TestScript is what every command says, and with which exit code: one script per verb. None of them starts anything.
// SITESWAP_UPDATE=1 rewrites the texts that scripts compare with.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "script"), Setup: setUp, Cmds: commands(), UpdateScripts: os.Getenv("SITESWAP_UPDATE") != "", RequireUniqueNames: true})
}

// setUp gives each script site files, none of them under the name that a command reads by itself: the reference design; with its
// controllers at addresses where nobody listens; and without controllers.
func setUp(e *testscript.Env) error {
	_, data := config.Reference()
	site := string(data)
	files := map[string]string{"reference.yaml": site, "alone.yaml": alone(site),
		"nobody.yaml": strings.NewReplacer("10.0.1.20:8300", "127.0.0.1:1", "10.0.2.20:8300", "127.0.0.2:1", "10.0.3.20:8300", "127.0.0.3:1",
			"10.0.1.20:8443", "127.0.0.1:2", "10.0.2.20:8443", "127.0.0.2:2", "10.0.3.20:8443", "127.0.0.3:2").Replace(site)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// alone is a site file without its controllers.
func alone(site string) string {
	var kept []string
	in := false
	for line := range strings.Lines(site) {
		in = strings.HasPrefix(line, "controllers:") || in && strings.HasPrefix(line, " ")
		if !in {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// commands are the words of the scripts beside those of testscript:
//
//	code N ARGS...           siteswap ARGS ends with exit code N
//	says TEXT                standard error holds TEXT, letter by letter; ! says: it does not
//	shows TEXT               the same of standard output
//	edit FILE TO OLD NEW ... TO is FILE with each OLD, which must stand there, replaced by NEW; \n is a new line
//	await TEXT ARGS...       siteswap ARGS again and again, until standard output holds TEXT, at most half a minute
//	capture NAME PATTERN     $NAME is what the group of PATTERN matches in standard output
//	nameservers, put, has, silence   emulated DNS servers: see scriptServers
//	gone TEXT                no process with TEXT in its command line is left, within 5 s
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){
		"code":  code,
		"says":  func(ts *testscript.TestScript, neg bool, args []string) { holds(ts, neg, "stderr", args) },
		"shows": func(ts *testscript.TestScript, neg bool, args []string) { holds(ts, neg, "stdout", args) },
		"edit":  edit,
		"await": await, "capture": capture,
		"gone": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(gone(args[0])) },
	}
	maps.Copy(all, nameCommands())
	return all
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: code N ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var ended *exec.ExitError
	if err := ts.Exec("siteswap", args[1:]...); errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, expected %d", got, want)
	}
}

func holds(ts *testscript.TestScript, neg bool, stream string, args []string) {
	if len(args) != 1 {
		ts.Fatalf("give one text, in quotes")
	}
	if got := strings.Contains(ts.ReadFile(stream), args[0]); got == neg {
		ts.Fatalf("%s: expected %v of %q", stream, !neg, args[0])
	}
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 || len(args)%2 != 0 {
		ts.Fatalf("usage: edit FILE TO OLD NEW ...")
	}
	text, line := ts.ReadFile(args[0]), strings.NewReplacer(`\n`, "\n")
	for i := 2; i < len(args); i += 2 {
		old := line.Replace(args[i])
		if !strings.Contains(text, old) {
			ts.Fatalf("%s does not hold %q", args[0], old)
		}
		text = strings.Replace(text, old, line.Replace(args[i+1]), 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(100 * time.Millisecond) {
		if ts.Exec("siteswap", args[1:]...) == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
	}
	ts.Fatalf("it never said %q", args[0])
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("standard output does not match %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// gone waits until no process has the text in its command line. It knows processes only where /proc shows them.
func gone(text string) error {
	var left []string
	for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(50 * time.Millisecond) {
		if left = running(text); len(left) == 0 {
			return nil
		}
	}
	return fmt.Errorf("still running: %s", strings.Join(left, "; "))
}

func running(text string) []string {
	var out []string
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	for _, file := range lines {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), text) {
			out = append(out, strings.ReplaceAll(strings.TrimRight(string(line), "\x00"), "\x00", " "))
		}
	}
	return out
}
