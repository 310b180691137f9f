package mutate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is a package whose rules are made wrong.
type Package struct {
	Dir   string   // from the root of the module
	Files []string // patterns of base names; none: every file that is no test
	Run   string   // which tests are run; "": all
	Skip  string   // which are not, since they take long and notice nothing that others do not; "": none
}

// Binary are the tests of a package, built with every mutant in them.
type Binary struct {
	Package Package
	Mutants []Mutant // the number of Mutants[i] is i+1
	path    string
	sum     string // of the sources and of the tests
	dir     string
}

// Build writes the rewritten sources below work and builds the tests over them. The package itself is not touched.
func Build(ctx context.Context, root, work string, p Package) (*Binary, error) {
	sources, err := p.sources(root)
	if err != nil {
		return nil, err
	}
	b := &Binary{Package: p, dir: filepath.Join(root, p.Dir), path: filepath.Join(work, strings.ReplaceAll(p.Dir, "/", "-")+".test")}
	if b.sum, err = checksum(b.dir); err != nil {
		return nil, err
	}
	replace := map[string]string{}
	put := func(name string, text []byte) error {
		to := filepath.Join(work, strings.ReplaceAll(p.Dir, "/", "-")+"-"+name)
		replace[filepath.Join(b.dir, name)] = to
		return os.WriteFile(to, text, 0o644)
	}
	for _, file := range sources {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		text, list, err := rewrite(filepath.Base(file), source, len(b.Mutants)+1)
		if err != nil {
			return nil, err
		}
		b.Mutants = append(b.Mutants, list...)
		if err := put(filepath.Base(file), text); err != nil {
			return nil, err
		}
	}
	if err := put("mutantswitches.go", []byte(switches(filepath.Base(p.Dir)))); err != nil {
		return nil, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	overlayFile := b.path + ".json"
	if err := os.WriteFile(overlayFile, overlay, 0o644); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", b.path, "./"+p.Dir)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the tests of %s with its mutants: %w\n%s", p.Dir, err, out)
	}
	return b, nil
}

// checksum is that of every Go file and story of a folder: a verdict holds for them and no others.
func checksum(dir string) (string, error) {
	h := sha256.New()
	for _, pattern := range []string{"*.go", "testdata/*.txt"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(h, "%s %d\n%s", filepath.Base(f), len(text), text)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// sources are the package's files that are looked into.
func (p Package) sources(root string) ([]string, error) {
	patterns := p.Files
	if len(patterns) == 0 {
		patterns = []string{"*.go"}
	}
	var out []string
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, p.Dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				out = append(out, f)
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no sources in %s; run it in the root of the module", filepath.Join(root, p.Dir))
	}
	return out, nil
}
