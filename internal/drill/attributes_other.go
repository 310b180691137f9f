//go:build !linux

package drill

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
