package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed testdata/call.xml
var sippScenario []byte

// What sipp does in a run: 18,000 calls at 6,000 per second, of which once 98 were lost, with the receive buffer that the system
// gives unless asked (sip.md, 2e).
const (
	sippCalls = 18_000
	sippRate  = 6_000
)

// sipp lets SIPp call the redirector, run after run. It is another program with another reading of SIP than ours.
func sipp(ctx context.Context, o options, r *rig) error {
	s, err := r.redirector(ctx, 1000)
	if err != nil {
		return err
	}
	defer s.stop()
	numbers := "SEQUENTIAL\n"
	for i := range 1000 {
		numbers += fmt.Sprintf("%03d;\n", i)
	}
	scenario, inf := filepath.Join(r.dir, "call.xml"), filepath.Join(r.dir, "numbers.csv")
	if err := errors.Join(os.WriteFile(scenario, sippScenario, 0o600), os.WriteFile(inf, []byte(numbers), 0o600)); err != nil {
		return err
	}
	lost := 0
	fmt.Printf("um sipp: %d runs of %d calls at %d/s\n", o.rounds, sippCalls, sippRate)
	for i := range o.rounds {
		failed, again, took, err := r.sippRun(ctx, s, i, scenario, inf)
		if err != nil {
			return err
		}
		lost += failed
		fmt.Printf("  run %2d: %d failed, %d sent again, %.1f s; server: %s\n", i+1, failed, again, took.Seconds(), drops(s))
	}
	if lost > 0 {
		return fmt.Errorf("sipp: %d calls failed", lost)
	}
	return nil
}

func (r *rig) sippRun(ctx context.Context, s *server, i int, scenario, inf string) (failed, again int, took time.Duration, err error) {
	port, err := freePort()
	if err != nil {
		return 0, 0, 0, err
	}
	stat := filepath.Join(r.dir, fmt.Sprintf("sipp-%d.csv", i))
	c, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(c, "sipp", s.udp.String(), "-sf", scenario, "-inf", inf, "-i", "127.0.0.1", "-p", strconv.Itoa(int(port)), "-m", strconv.Itoa(sippCalls), "-r", strconv.Itoa(sippRate),
		"-l", "20000", "-trace_stat", "-stf", stat, "-fd", "1", "-nostdin", "-timeout", "50s")
	cmd.Dir = r.dir
	began := time.Now()
	out, runErr := cmd.CombinedOutput() // exit code 1: calls have failed, which the figures say
	took = time.Since(began)
	b, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0, took, fmt.Errorf("sipp: %w: %s", errors.Join(runErr, err), out[max(0, len(out)-600):])
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	names, values := strings.Split(lines[0], ";"), strings.Split(lines[len(lines)-1], ";")
	figure := func(name string) int {
		for i, n := range names {
			if n == name && i < len(values) {
				v, _ := strconv.Atoi(values[i])
				return v
			}
		}
		return -1
	}
	if done := figure("SuccessfulCall(C)") + figure("FailedCall(C)"); done != sippCalls {
		return 0, 0, took, fmt.Errorf("sipp ended after %d of %d calls: %w", done, sippCalls, runErr)
	}
	return figure("FailedCall(C)"), figure("Retransmissions(C)"), took, nil
}

// drops is what the kernel says of the server's socket.
func drops(s *server) string {
	b, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return "drops unknown"
	}
	port := fmt.Sprintf(":%04X", s.udp.Port())
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 12 && strings.HasSuffix(f[1], port) {
			return f[12] + " datagrams dropped"
		}
	}
	return "drops unknown"
}
