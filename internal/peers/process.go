package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a server may take to end by itself before it is killed.
const patience = 3 * time.Second

// command is how a server is started.
type command struct {
	name string // as errors call it
	argv []string
	env  []string
	dir  string
	log  string
}

// process is a server's process group.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func launch(c command) (*process, error) {
	path, err := program(c.argv[0])
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	defer log.Close()
	cmd := exec.Command(path, c.argv[1:]...)
	cmd.Env, cmd.Dir = append(environ(), c.env...), c.dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how a killed server ended is no news; its log has the rest
		close(p.done)
	}()
	return p, nil
}

// environ is what a server inherits: a path that has its programs, and no Kerberos settings of the caller.
func environ() []string {
	out := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	for _, e := range os.Environ() {
		switch k, _, _ := strings.Cut(e, "="); k {
		case "TMPDIR", "HOME", "TZ":
			out = append(out, e)
		}
	}
	return out
}

func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal goes to the whole group: servers fork.
func (p *process) signal(s syscall.Signal) error {
	err := signalGroup(p.cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// end asks, waits, kills. What is left of the group is killed too.
func (p *process) end(wait time.Duration) {
	if p.running() && wait > 0 {
		if p.cmd.Process.Signal(syscall.SIGTERM) == nil {
			select {
			case <-p.done:
			case <-time.After(wait):
			}
		}
	}
	_ = p.signal(syscall.SIGKILL) // a group that has ended cannot be signalled, and need not be
	<-p.done
}

// run carries out one command to its end, within ctx; its output is in the error.
func run(ctx context.Context, stdin string, env []string, argv ...string) (string, error) {
	path, err := program(argv[0])
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Env = append(environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return signalGroup(cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", argv[0], err, tail(out.String()))
	}
	return out.String(), nil
}

// tail is the end of a log, for an error.
func tail(text string) string {
	const most = 600
	text = strings.TrimSpace(text)
	if len(text) > most {
		text = "..." + text[len(text)-most:]
	}
	return text
}

// Server is one running server.
type Server struct {
	name  string
	spec  command
	ready func(ctx context.Context) error
	after func() error // what Close takes away besides

	mu sync.Mutex
	p  *process
}
