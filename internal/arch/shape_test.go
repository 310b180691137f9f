package arch_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"testing"
)

// longest is how long a function may be, from its name to its last brace. Median sizes barely separate good code from bad;
// the tail does. It holds for tests too: a test that nobody can read proves nothing that anybody knows of.
const longest = 70

// lengths finds functions that are too long.
func lengths(_ testing.TB, m *module) []finding {
	var fs []finding
	m.functions(func(p *pkg, s source, f *ast.FuncDecl) {
		if n := m.fset.Position(f.End()).Line - m.fset.Position(f.Pos()).Line + 1; n > longest {
			fs = append(fs, finding{m.at(s, f), "length", fmt.Sprintf("%s has %d lines; %d is the most that can be read at once", f.Name.Name, n, longest)})
		}
	})
	return fs
}

// inits finds code that runs because a package is linked, in an order that nobody wrote down.
func inits(_ testing.TB, m *module) []finding {
	var fs []finding
	m.functions(func(p *pkg, s source, f *ast.FuncDecl) {
		if f.Recv == nil && f.Name.Name == "init" {
			fs = append(fs, finding{m.at(s, f), "init", "no init: what a package needs is made where it is used, and can be made twice in one test"})
		}
	})
	return fs
}

// functions visits every function declaration of the module.
func (m *module) functions(visit func(*pkg, source, *ast.FuncDecl)) {
	for _, p := range m.pkgs {
		for _, s := range p.sources {
			for _, d := range s.ast.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					visit(p, s, f)
				}
			}
		}
	}
}

// docs finds packages that do not say what they are for.
func docs(_ testing.TB, m *module) []finding {
	var fs []finding
	for _, p := range m.pkgs {
		want := "Package " + p.name + " "
		if p.name == "main" {
			want = "Command " + path.Base(p.path) + " "
		}
		said := false
		for _, s := range p.sources {
			said = said || !s.test && s.ast.Doc != nil && strings.HasPrefix(s.ast.Doc.Text(), want)
		}
		if !said {
			fs = append(fs, finding{p.path, "doc", fmt.Sprintf("no package comment that begins with %q", want)})
		}
	}
	return fs
}

// empty are names that say nothing about what is in the box, so that everything ends there.
var empty = map[string]bool{"util": true, "common": true, "helper": true, "manager": true, "types": true, "misc": true, "shared": true}

// names finds packages that are named after nothing.
func names(_ testing.TB, m *module) []finding {
	var fs []finding
	for _, p := range m.pkgs {
		for _, part := range append(strings.Split(p.path, "/"), p.name) {
			if empty[strings.TrimSuffix(part, "s")] || empty[part] {
				fs = append(fs, finding{p.path, "name", part + " says nothing: name the package after the noun that it is about"})
				break
			}
		}
	}
	return fs
}

// exits finds code that ends the process behind the back of main: nothing deferred runs, and what a drill has started lives on.
func exits(_ testing.TB, m *module) []finding {
	var fs []finding
	m.functions(func(p *pkg, s source, f *ast.FuncDecl) {
		if s.test && f.Name.Name == "TestMain" || p.name == "main" && path.Base(s.name) == "main.go" {
			return
		}
		uses(s, f, func(n ast.Node, from, name string) {
			if from == "os" && name == "Exit" || from == "syscall" && name == "Exit" || from == "log" && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic")) {
				fs = append(fs, finding{m.at(s, n), "exit", from + "." + name + " outside main.go: return an error, so that what was started is ended"})
			}
		})
	})
	return fs
}

// permits finds who makes a permit without being the controller. A permit that anybody can make authorises nothing. Tests of
// what takes one may make one.
func permits(_ testing.TB, m *module) []finding {
	var fs []finding
	m.functions(func(p *pkg, s source, f *ast.FuncDecl) {
		if p.path == "internal/controller" || s.test && (p.path == "internal/act" || p.path == "internal/run") {
			return
		}
		uses(s, f, func(n ast.Node, from, name string) {
			if from == ours+"/internal/run" && name == "NewPermit" {
				fs = append(fs, finding{m.at(s, n), "permit", "only internal/controller makes a permit, after the INTENT is committed and leadership verified"})
			}
		})
		if id, ok := inRun(p, f); ok {
			fs = append(fs, finding{m.at(s, id), "permit", "internal/run only declares the permit, it never makes one"})
		}
	})
	return fs
}

// inRun finds a call of NewPermit, or a permit built by hand, within internal/run itself.
func inRun(p *pkg, f *ast.FuncDecl) (at ast.Node, found bool) {
	if p.path != "internal/run" || f.Name.Name == "NewPermit" {
		return nil, false
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "NewPermit" {
				at, found = n, true
			}
		case *ast.CompositeLit:
			if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Permit" && len(n.Elts) > 0 {
				at, found = n, true
			}
		}
		return !found
	})
	return at, found
}

// uses visits what a function uses of imported packages, by import path.
func uses(s source, f *ast.FuncDecl, visit func(n ast.Node, from, name string)) {
	from := map[string]string{}
	for _, spec := range s.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		from[name] = p
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && from[id.Name] != "" {
				visit(sel, from[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// replaces finds modules that are not what go.mod says: with a replace `go install` of a version fails, and nobody sees
// which code runs.
func replaces(tb testing.TB, m *module) []finding {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = m.dir
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("go mod edit: %v", err)
	}
	var mod struct {
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		tb.Fatal(err)
	}
	var fs []finding
	for _, r := range mod.Replace {
		fs = append(fs, finding{"go.mod", "replace", "no replace of " + r.Old.Path + ": use a version that builds (dependencies)"})
	}
	return fs
}
