package mutate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Verdict is what the tests said of a mutant.
type Verdict string

// The verdicts. A test that does not end is one that noticed.
const (
	Found    Verdict = "found"
	Survived Verdict = "survived"
)

// Try runs the tests with one mutant wrong; number 0 is none. The properties draw the same cases every time.
func (b *Binary) Try(ctx context.Context, number int, limit time.Duration) (Verdict, string, error) {
	c, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := []string{"-test.failfast", "-test.short", "-test.timeout", (limit + time.Minute).String(), "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=1ms"}
	if b.Package.Run != "" {
		args = append(args, "-test.run", b.Package.Run)
	}
	if b.Package.Skip != "" {
		args = append(args, "-test.skip", b.Package.Skip)
	}
	cmd := exec.CommandContext(c, b.path, args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", Variable, number))
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return Survived, "", nil
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case c.Err() != nil:
		return Found, "the tests did not end", nil
	case errors.As(err, &exit) && exit.Exited():
		return Found, failed(string(out)), nil
	}
	return "", "", fmt.Errorf("run the tests of %s: %w", b.Package.Dir, err)
}

// failed is the name of the test that noticed.
func failed(out string) string {
	name := ""
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(rest, " ")
		}
	}
	if name == "" && strings.Contains(out, "panic:") {
		return "a panic"
	}
	return name
}
