package arch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// laid is a module in a new folder, and what must be found in it: by file and line, or by package.
type laid struct {
	dir  string
	want map[string][]string
}

// planted is one file of a planted module.
type planted struct{ name, text string }

// lay writes modules over each other.
func lay(t *testing.T, modules ...[]planted) laid {
	t.Helper()
	l := laid{t.TempDir(), map[string][]string{}}
	for _, f := range slices.Concat(modules...) {
		full := filepath.Join(l.dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
		l.wants(f)
	}
	return l
}

// wants reads what a file says must be found in it.
func (l laid) wants(f planted) {
	for i, line := range strings.Split(f.text, "\n") {
		said := strings.Split(line, "// want ")
		where := fmt.Sprintf("%s:%d", f.name, i+1)
		if strings.HasPrefix(line, "package ") {
			where = filepath.ToSlash(filepath.Dir(f.name))
		}
		for _, w := range said[1:] {
			l.want[where] = append(l.want[where], strings.TrimSpace(w))
		}
	}
}

// compare runs the rules and reports every difference from what was planted. It gives the rules that found something.
func (l laid) compare(t *testing.T) map[string]bool {
	t.Helper()
	m, struck := load(t, l.dir), map[string]bool{}
	for _, rule := range rules() {
		for _, f := range rule(t, m) {
			text := f.rule + ": " + f.what
			i := slices.IndexFunc(l.want[f.where], func(w string) bool { return strings.HasPrefix(text, w) })
			if i < 0 {
				t.Errorf("found where it is not planted: %s", f)
				continue
			}
			struck[f.rule] = true
			l.want[f.where] = slices.Delete(l.want[f.where], i, i+1)
		}
	}
	for where, ws := range l.want {
		for _, w := range ws {
			t.Errorf("%s: not found: %s", where, w)
		}
	}
	return struck
}

// archive reads the files of a txtar archive: each begins with a line "-- name --".
func archive(t *testing.T, file string) (out []planted) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok {
			out = append(out, planted{name: strings.TrimSuffix(name, " --")})
		} else if len(out) > 0 {
			out[len(out)-1].text += line
		}
	}
	return out
}

// function is a file with a function of so many lines.
func function(name string, lines int, want string) planted {
	text := "package vip\n\nfunc " + name + "() {" + want + "\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
	return planted{"internal/vip/" + name + ".go", text}
}

// TestSound: the module without a plant breaks nothing.
func TestSound(t *testing.T) {
	lay(t, archive(t, "sound.txtar")).compare(t)
}

// TestPlanted: every breach is found in its line, and nothing else; and there is one of every rule.
func TestPlanted(t *testing.T) {
	lengths := []planted{function("fits", longest, ""), function("long", longest+1, " // want length: long has 71 lines")}
	struck := lay(t, archive(t, "sound.txtar"), archive(t, "planted.txtar"), lengths).compare(t)
	struck["replace"] = true // TestReplace
	for name := range rules() {
		if !struck[name] {
			t.Errorf("no plant shows that the rule %q can fail", name)
		}
	}
}

// TestReplace has a module of its own, for with a replace of nothing the other plants could not be read.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	mod := "module siteswap\n\ngo 1.26\n\nreplace example.org/a => ../a\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	if fs := replaces(t, &module{dir: dir}); len(fs) != 1 || !strings.Contains(fs[0].String(), "example.org/a") {
		t.Errorf("found %v", fs)
	}
}
