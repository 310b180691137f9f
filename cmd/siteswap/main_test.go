package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// takesItsTime is a program that does not come to an end when it is asked to.
func takesItsTime() {
	ctx := signalled()
	fmt.Println("began")
	<-ctx.Done()
	fmt.Println("asked to end")
	io.Copy(io.Discard, os.Stdin) // which stays open as long as the test lives
}

// TestSecondCtrlC: the first one asks the program to end, the second ends it whatever it is doing.
func TestSecondCtrlC(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "takes-its-time")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said := bufio.NewScanner(out)
	for _, want := range []string{"began", "asked to end"} {
		if !said.Scan() || said.Text() != want {
			t.Fatalf("it said %q (%v), want %q", said.Text(), said.Err(), want)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	var how *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &how) || how.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v, want the signal", err)
	}
}
