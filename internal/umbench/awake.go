package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

// spinWord is the argument with which this program only keeps a processor busy.
const spinWord = "spin"

// awake keeps every processor from sleeping until the returned function is called: one process for each, of the class that runs
// only while nobody else wants to (SCHED_IDLE, sched(7)). On a virtual machine a processor that sleeps is woken by the
// hypervisor, which takes from 50 microseconds to milliseconds, and most often where the server has the least to do: that is nobody's
// merit or fault, and would be most of what is measured at a steady rate.
func awake() (end func(), err error) {
	var all []*exec.Cmd
	end = func() {
		for _, c := range all {
			c.Process.Kill()
			c.Wait()
		}
	}
	self, err := os.Executable()
	if err != nil {
		return end, err
	}
	processors, err := online()
	if err != nil {
		return end, err
	}
	for _, cpu := range processors {
		c := exec.Command("taskset", "-c", strconv.Itoa(cpu), "chrt", "--idle", "0", self, spinWord)
		c.Stderr = os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		began, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err == nil {
			all = append(all, c)
			_, err = began.Read(make([]byte, 1)) // until then it was started, which takes time from the server that is measured
		}
		if err != nil {
			end()
			return func() {}, fmt.Errorf("keep processor %d awake: %w", cpu, err)
		}
	}
	return end, nil
}

// online are the processors of the machine, whichever of them this program may use itself.
func online() ([]int, error) {
	var out []int
	for cpu := range 1024 {
		if _, err := os.Stat(fmt.Sprintf("/sys/devices/system/cpu/cpu%d", cpu)); err == nil {
			out = append(out, cpu)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the processors of this machine are not in /sys/devices/system/cpu")
	}
	return out, nil
}

// spin keeps the processor that it was given busy. It ends with its parent, or by any signal: it has nothing to clean up.
func spin() error {
	signal.Reset()
	if _, err := fmt.Println("spins"); err != nil {
		return err
	}
	for {
	}
}
