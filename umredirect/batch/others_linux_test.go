package batch_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"siteswap/umredirect/batch"
)

// lookerPort says that this program is to be what looker is.
const lookerPort = "BATCH_TEST_LOOKER"

func TestMain(m *testing.M) {
	if os.Getenv(lookerPort) != "" {
		if err := looker(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// looker reads datagrams as a redirector with one processor does, and sends back what comes over one TCP connection. It says where.
func looker() error {
	p, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	c, err := batch.New(p, batch.Options{Look: 200 * time.Microsecond})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(p.LocalAddr(), l.Addr())
	go func() {
		if conn, err := l.Accept(); err == nil {
			io.Copy(conn, conn)
		}
	}()
	for {
		if _, err := c.Read(); err != nil {
			return err
		}
	}
}

// Who looks for datagrams hears of everything else too, with one processor for all: the runtime asks for news of other sockets only
// when it has nothing to run, or when its watcher is awake. Asleep, it let others wait for 0.1 to 3.5 s.
func TestLookingLeavesOthersTheirTurn(t *testing.T) {
	const soon = 100 * time.Millisecond
	var took []time.Duration
	for range 5 { // a machine that has much to do may be late now and then
		d, err := beside(t)
		if err != nil {
			t.Fatal(err)
		}
		if d < soon {
			return
		}
		took = append(took, d)
	}
	t.Errorf("answers over TCP beside a stream of datagrams took %v, want one within %v", took, soon)
}

// beside is how long a byte takes there and back over TCP while a datagram comes every 50 us.
func beside(t *testing.T) (time.Duration, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), lookerPort+"=1", "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var udp, tcp string
	if _, err := fmt.Fscanln(bufio.NewReader(out), &udp, &tcp); err != nil {
		return 0, fmt.Errorf("the looker's addresses: %w", err)
	}
	datagrams, err := net.Dial("udp", udp)
	if err != nil {
		return 0, err
	}
	defer datagrams.Close()
	conn, err := net.Dial("tcp", tcp)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	heard := make(chan error, 1)
	const asked = 400 * time.Millisecond // by then the watcher is asleep, if nothing keeps it awake
	began, sent, waiting := time.Now(), 0, false
	for {
		for ; sent < int(time.Since(began)/(50*time.Microsecond)); sent++ {
			datagrams.Write([]byte("datagram")) // lost or not, the stream goes on
		}
		if !waiting && time.Since(began) > asked {
			waiting = true
			go func() {
				b := []byte{1}
				_, err := conn.Write(b)
				if err == nil {
					_, err = conn.Read(b)
				}
				heard <- err
			}()
		}
		select {
		case err := <-heard:
			return time.Since(began) - asked, err
		default:
		}
	}
}
