package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tree is a process and all its children.
func tree(pid int) []int {
	out := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // none: it has ended
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue
		}
		for child := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				out = append(out, tree(n)...)
			}
		}
	}
	return out
}

// cpu is what the threads of a process and its children have run so far, in user and in kernel mode.
func cpu(pid int) (total time.Duration) {
	for _, p := range tree(pid) {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
		for _, t := range tasks {
			b, err := os.ReadFile(t)
			if err != nil {
				continue
			}
			first, _, _ := strings.Cut(string(b), " ")
			if n, err := strconv.ParseInt(first, 10, 64); err == nil {
				total += time.Duration(n)
			}
		}
	}
	return total
}

// memory is what a process and its children hold, in MiB: all that is mapped (RSS), and with what is shared counted once (PSS).
// Kamailio keeps its table in memory that its processes share, so that only the second is fair to it.
func memory(pid int) (rss, pss float64) {
	for _, p := range tree(pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			words := strings.Fields(line)
			if len(words) < 2 {
				continue
			}
			n, _ := strconv.ParseFloat(words[1], 64)
			switch words[0] {
			case "Rss:":
				rss += n / 1024
			case "Pss:":
				pss += n / 1024
			}
		}
	}
	return rss, pss
}
