package network_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"siteswap/internal/lab/network"
)

// childEnv makes the test binary a server in another process: it listens where the variable says.
const childEnv = "SITESWAP_NETWORK_CHILD"

func TestMain(m *testing.M) {
	if at := os.Getenv(childEnv); at != "" {
		child(at)
		return
	}
	os.Exit(m.Run())
}

// child answers each line with the client's address and the line, and ends its answer when the client ends.
func child(at string) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(l.Addr().String() + "\n")
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			for s := bufio.NewScanner(c); s.Scan(); {
				io.WriteString(c, host+" "+s.Text()+"\n")
			}
			io.WriteString(c, "end\n")
		}()
	}
}

func startChild(t *testing.T, at string) (netip.AddrPort, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+at)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return netip.MustParseAddrPort(strings.TrimSpace(line)), cmd
}

// freePort is a port of the host that nobody has now.
func freePort(t *testing.T, host netip.Addr) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

func TestForwardToAnotherProcess(t *testing.T) {
	b := newBench(t)
	backend, cmd := startChild(t, "127.0.0.1:0")
	adv := freePort(t, b.server)
	if err := b.Forward(adv, backend); err != nil {
		t.Fatal(err)
	}
	to := net.TCPAddrFromAddrPort(adv)
	half := b.dial(t, to)
	send(t, half, "hello\n")
	half.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(half)
	if want := b.client.String() + " hello\nend\n"; err != nil || string(all) != want {
		t.Fatalf("half-closed: %q, %v; want %q", all, err, want)
	}

	held := b.dial(t, to)
	send(t, held, "one\n")
	expect(t, held, b.client.String()+" one\n")
	b.Cut(outside, prod)
	send(t, held, "two\n")
	expectSilence(t, held)
	b.Heal(outside, prod)
	expect(t, held, b.client.String()+" two\n")

	cmd.Process.Kill()
	cmd.Wait()
	held.SetReadDeadline(time.Now().Add(patient))
	if n, err := held.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Fatalf("after the process died: %d bytes, %v", n, err)
	}
	b.expectRefused(t, to)

	b.SetPower(b.server, false)
	dark := b.dial(t, to)
	expectSilence(t, dark)
	startChild(t, backend.String())
	b.SetPower(b.server, true)
	send(t, dark, "back\n")
	expect(t, dark, b.client.String()+" back\n")
}

func TestHTTPThroughTheNetwork(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		io.WriteString(w, host+" "+string(body))
	})}
	go srv.Serve(l)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: network.Dialer(b.client).DialContext}}
	defer client.CloseIdleConnections()
	call := func(timeout time.Duration) (string, error) {
		client.Timeout = timeout
		r, err := client.Post("http://"+l.Addr().String(), "text/plain", strings.NewReader("hi"))
		if err != nil {
			return "", err
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		return string(body), err
	}
	want := b.client.String() + " hi"
	for _, step := range []struct {
		change func()
		ok     bool
	}{
		{func() {}, true},
		{func() { b.Cut(outside, prod) }, false},
		{func() { b.Heal(outside, prod) }, true},
		{func() { b.SetPower(b.server, false) }, false},
		{func() { b.SetPower(b.server, true) }, true},
	} {
		step.change()
		timeout := patient
		if !step.ok {
			timeout = quiet
		}
		if got, err := call(timeout); step.ok != (err == nil && got == want) {
			t.Fatalf("got %q, %v; want ok %v", got, err, step.ok)
		}
	}
}

func TestPackets(t *testing.T) {
	b := newBench(t)
	p, err := b.ListenPacket(netip.AddrPortFrom(b.server, 0))
	if err != nil {
		t.Fatal(err)
	}
	go echoPackets(p)
	backend, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	go echoPackets(backend)
	adv := freePort(t, b.server)
	if err := b.ForwardPacket(adv, netip.MustParseAddrPort(backend.LocalAddr().String())); err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]string{"direct": p.LocalAddr().String(), "forwarded": adv.String()} {
		t.Run(name, func(t *testing.T) {
			c, err := network.PacketDialer(b.client).DialContext(t.Context(), "udp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			want := b.client.String() + " ping"
			send(t, c, "ping")
			expectPacket(t, c, want)
			for _, fault := range []struct{ on, off func() }{
				{func() { b.Cut(outside, prod) }, func() { b.Heal(outside, prod) }},
				{func() { b.Cut(prod, outside) }, func() { b.Heal(prod, outside) }},
				{func() { b.SetPower(b.server, false) }, func() { b.SetPower(b.server, true) }},
			} {
				fault.on()
				send(t, c, "lost")
				expectSilence(t, c)
				fault.off()
				send(t, c, "ping")
				expectPacket(t, c, want)
			}
		})
	}
}

func echoPackets(p net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := p.ReadFrom(buf)
		if err != nil {
			return
		}
		host, _, _ := net.SplitHostPort(from.String())
		p.WriteTo([]byte(host+" "+string(buf[:n])), from)
	}
}

func expectPacket(t *testing.T, c net.Conn, want string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patient))
	buf := make([]byte, 1500)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != want {
		t.Fatalf("read %q, %v; want %q", buf[:n], err, want)
	}
}
