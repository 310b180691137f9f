package drill

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is a controller or a redirector: a program of its own, killed and started again as faults demand.
type process struct {
	name string
	site int
	args []string
	api  string // of a controller

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{}
	wanted  bool // it ought to run: its site has power
	started int
}

// start runs the program; its output goes to a log in the folder.
func (p *process) start(program, dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	if p.running() {
		return nil
	}
	log, err := os.OpenFile(filepath.Join(dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer log.Close()
	cmd := exec.Command(program, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: Ctrl-C goes to the drill, which ends what it started in its own order.
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.done = cmd, make(chan struct{})
	p.started++
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // how a killed process ended is no news
		close(done)
	}(cmd, p.done)
	return nil
}

func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// alive says whether the process runs.
func (p *process) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// kill ends the process at once, by pid, and waits until it is gone. keep: it ought to run, and somebody starts it again.
func (p *process) kill(keep bool) {
	p.mu.Lock()
	p.wanted = keep
	cmd, done := p.cmd, p.done
	running := p.running()
	p.mu.Unlock()
	if !running {
		return
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-done
}

// stop asks the process to end, and kills it when it does not.
func (p *process) stop(patience time.Duration) {
	p.mu.Lock()
	p.wanted = false
	cmd, done := p.cmd, p.done
	running := p.running()
	p.mu.Unlock()
	if !running {
		return
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		p.kill(false)
		return
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		p.kill(false)
	}
}
