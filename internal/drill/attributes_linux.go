package drill

import "syscall"

// attributes: a group of its own, and SIGKILL should the drill itself be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
