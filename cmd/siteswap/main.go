// Command siteswap moves an Exchange database availability group, its DNS names, its load-balancer pools and its Unified
// Messaging calls from a failed site to a surviving one, and back. This package is wiring: a file per verb.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(signalled(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// signalled ends with the first Ctrl-C or SIGTERM, upon which a command ends what it began. The second one ends the program at
// once: who presses again does not want to wait.
func signalled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		signal.Stop(c) // before anybody hears of the first, so that no second one is lost
		cancel()
	}()
	return ctx
}

// Exit codes (formats.md).
const (
	exitGood        = 0
	exitFailed      = 1 // an invariant or a run failed
	exitUsage       = 2 // wrong usage or input
	exitRefused     = 3 // refused by a rule
	exitNoAuthority = 4 // no controller can act
	exitInterrupted = 130
)

// exit is an error that knows its exit code. An empty text has been said already.
type exit struct {
	code int
	text string
}

func (e *exit) Error() string { return e.text }

func usage(format string, args ...any) error { return &exit{exitUsage, fmt.Sprintf(format, args...)} }

// run is the whole program but for the process around it, so that tests run the same wiring.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{in: in, out: out, errs: errs}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitGood
	}
	var e *exit
	if !errors.As(err, &e) {
		e = &exit{exitUsage, err.Error() + "; see `siteswap --help`"}
		if ctx.Err() != nil {
			e = &exit{exitInterrupted, "interrupted"}
		}
	}
	if e.text != "" {
		fmt.Fprintln(errs, e.text)
	}
	return e.code
}

// app is what every verb shares.
type app struct {
	in        io.Reader
	out, errs io.Writer
	json      bool
	ascii     bool
}
