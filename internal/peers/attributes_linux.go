package peers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// attributes: a group of its own, and SIGKILL should this process be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func signalGroup(pid int, s syscall.Signal) error { return syscall.Kill(-pid, s) }

// What stops a process where it is, and lets it go on.
const (
	signalPause  = syscall.SIGSTOP
	signalResume = syscall.SIGCONT
)

// stopped says whether every thread of the process has stopped: the signal reaches them one after the other (proc(5), stat).
func stopped(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, t := range threads {
		b, err := os.ReadFile(t)
		if err != nil || !bytes.Contains(b, []byte(") T ")) {
			return false
		}
	}
	return true
}

// refused: the machine is there, and nothing listens.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
