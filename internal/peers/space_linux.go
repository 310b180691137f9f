package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialIn connects from inside a network namespace. A socket stays in the namespace of the thread that made it, so the
// thread is lent to the namespace for the length of the dial. The address must be a literal: a name would be looked up by
// another thread.
func dialIn(ctx context.Context, space string, d *net.Dialer, network, address string) (net.Conn, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, err
	}
	there, err := os.Open("/var/run/netns/" + space)
	if err != nil {
		return nil, fmt.Errorf("network namespace: %w", err)
	}
	defer there.Close()
	runtime.LockOSThread()
	here, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("network namespace: %w", err)
	}
	defer here.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("enter network namespace %s: %w", space, err)
	}
	c, err := d.DialContext(ctx, network, address)
	if back := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); back != nil {
		// The thread stays locked, and ends with its goroutine: nothing else may run on it.
		return nil, errors.Join(err, fmt.Errorf("leave network namespace %s: %w", space, back))
	}
	runtime.UnlockOSThread()
	return c, err
}

// alive says whether a process with this id exists.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
