package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"siteswap/internal/config"
)

// TestMain lets the test binary be the program as well: scripts run it, and a drill starts its controllers from it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"siteswap": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}})
}

// TestScript is what every command says, and with which exit code: one script per verb. None of them starts anything.
// SITESWAP_UPDATE=1 rewrites the texts that scripts compare with.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "script"), Setup: setUp, Cmds: commands(), UpdateScripts: os.Getenv("SITESWAP_UPDATE") != "", RequireUniqueNames: true})
}

// setUp gives each script site files, none of them under the name that a command reads by itself: the reference design; with its
// controllers at addresses where nobody listens; and without controllers.
func setUp(e *testscript.Env) error {
	_, data := config.Reference()
	site := string(data)
	files := map[string]string{"reference.yaml": site, "alone.yaml": alone(site),
		"nobody.yaml": strings.NewReplacer("10.0.1.20:8300", "127.0.0.1:1", "10.0.2.20:8300", "127.0.0.2:1", "10.0.3.20:8300", "127.0.0.3:1",
			"10.0.1.20:8443", "127.0.0.1:2", "10.0.2.20:8443", "127.0.0.2:2", "10.0.3.20:8443", "127.0.0.3:2").Replace(site)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// alone is a site file without its controllers.
func alone(site string) string {
	var kept []string
	in := false
	for line := range strings.Lines(site) {
		in = strings.HasPrefix(line, "controllers:") || in && strings.HasPrefix(line, " ")
		if !in {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// commands are the words of the scripts beside those of testscript:
//
//	code N ARGS...           siteswap ARGS ends with exit code N
//	says TEXT                standard error holds TEXT, letter by letter; ! says: it does not
//	shows TEXT               the same of standard output
//	edit FILE TO OLD NEW ... TO is FILE with each OLD, which must stand there, replaced by NEW; \n is a new line
//	drills                   ends the script where long ones are left out
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"code":  code,
		"says":  func(ts *testscript.TestScript, neg bool, args []string) { holds(ts, neg, "stderr", args) },
		"shows": func(ts *testscript.TestScript, neg bool, args []string) { holds(ts, neg, "stdout", args) },
		"edit":  edit,
	}
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: code N ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var ended *exec.ExitError
	if err := ts.Exec("siteswap", args[1:]...); errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, expected %d", got, want)
	}
}

func holds(ts *testscript.TestScript, neg bool, stream string, args []string) {
	if len(args) != 1 {
		ts.Fatalf("give one text, in quotes")
	}
	if got := strings.Contains(ts.ReadFile(stream), args[0]); got == neg {
		ts.Fatalf("%s: expected %v of %q", stream, !neg, args[0])
	}
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 || len(args)%2 != 0 {
		ts.Fatalf("usage: edit FILE TO OLD NEW ...")
	}
	text, line := ts.ReadFile(args[0]), strings.NewReplacer(`\n`, "\n")
	for i := 2; i < len(args); i += 2 {
		old := line.Replace(args[i])
		if !strings.Contains(text, old) {
			ts.Fatalf("%s does not hold %q", args[0], old)
		}
		text = strings.Replace(text, old, line.Replace(args[i+1]), 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
