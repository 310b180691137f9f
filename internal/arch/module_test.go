package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ours is the path of this module; a rule names packages below it.
const ours = "siteswap"

// finding is one breach of one rule.
type finding struct {
	where string // file:line below the module, or the package
	rule  string
	what  string // what stands there, why that is not allowed
}

func (f finding) String() string { return f.where + ": " + f.rule + ": " + f.what }

// source is one file of a package, parsed.
type source struct {
	name string // below the module
	test bool
	ast  *ast.File
}

// pkg is one package with all its files, also those of other systems and of tests.
type pkg struct {
	path    string // below the module: internal/run
	name    string
	sources []source
	built   []string // the files that are built here, which go/types reads
	dir     string
}

// module is the house, read once.
type module struct {
	dir     string
	fset    *token.FileSet
	pkgs    []*pkg
	exports map[string]string // import path -> compiled types in the build cache
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath, Dir, Name, Export                      string
	Standard                                           bool
	Module                                             *struct{ Path string }
	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
}

// load reads the module in dir. The go command knows what belongs to it, and where the build cache holds the types of all
// that it imports, so nothing has to be type-checked but the packages that a rule asks about.
func load(tb testing.TB, dir string) *module {
	tb.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-mod=readonly", "-e", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,Standard,Module,GoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = dir
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("go list: %v\n%s", err, problems.String())
	}
	m := &module{dir: dir, fset: token.NewFileSet(), exports: map[string]string{}}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		m.exports[l.ImportPath] = l.Export
		if l.Standard || l.Module == nil || l.Module.Path != ours {
			continue
		}
		p, err := m.parse(l)
		if err != nil {
			tb.Fatal(err)
		}
		m.pkgs = append(m.pkgs, p)
	}
	slices.SortFunc(m.pkgs, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	if len(m.pkgs) == 0 {
		tb.Fatalf("no package of %s in %s\n%s", ours, dir, problems.String())
	}
	return m
}

// parse reads every file of a package.
func (m *module) parse(l listed) (*pkg, error) {
	p := &pkg{path: below(l.ImportPath), name: l.Name, built: l.GoFiles, dir: l.Dir}
	for _, name := range slices.Concat(l.GoFiles, l.IgnoredGoFiles, l.TestGoFiles, l.XTestGoFiles) {
		full := filepath.Join(l.Dir, name)
		short, err := filepath.Rel(m.dir, full)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(m.fset, full, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		p.sources = append(p.sources, source{name: filepath.ToSlash(short), test: strings.HasSuffix(name, "_test.go"), ast: f})
	}
	return p, nil
}

// below is an import path below the module; a path of another module stays as it is.
func below(path string) string {
	if path == ours {
		return "."
	}
	return strings.TrimPrefix(path, ours+"/")
}

// at is a place in a file of the module.
func (m *module) at(s source, n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, m.fset.Position(n.Pos()).Line)
}

// typed is a package with the types of its expressions, as it is built here.
type typed struct {
	*pkg
	info    *types.Info
	sources []source
}

// check type-checks one package against what the build cache holds.
func (m *module) check(p *pkg) (*typed, error) {
	t := &typed{pkg: p, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	var files []*ast.File
	for _, s := range p.sources {
		if slices.Contains(p.built, filepath.Base(s.name)) {
			t.sources = append(t.sources, s)
			files = append(files, s.ast)
		}
	}
	conf := types.Config{Importer: importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) {
		if m.exports[path] == "" {
			return nil, fmt.Errorf("no compiled types of %s: does it build?", path)
		}
		return os.Open(m.exports[path])
	})}
	if _, err := conf.Check(ours+"/"+p.path, m.fset, files, t.info); err != nil {
		return nil, fmt.Errorf("types of %s: %w", p.path, err)
	}
	return t, nil
}

// find is a package by its path below the module; nil if there is none.
func (m *module) find(path string) *pkg {
	for _, p := range m.pkgs {
		if p.path == path {
			return p
		}
	}
	return nil
}
