package arch_test

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
	"testing"
)

// pure is how pure a package is.
type pure struct {
	pkg string
	// std are the parts of the standard library that it may import.
	std string
	// names are what it may not use of those: package and name, or package and method.
	names string
	// maps says whether it may range over a map in a shape that does not let its order out (see order).
	maps bool
	why  string
}

// clocks and prints are the impure names of otherwise pure packages.
const (
	clocks = "time.Now time.Since time.Until time.Sleep time.After time.AfterFunc time.Tick time.NewTimer time.NewTicker time.LoadLocation time.Local"
	prints = "fmt.Print fmt.Printf fmt.Println fmt.Scan fmt.Scanf fmt.Scanln"
	values = "bytes cmp crypto/sha256 encoding/binary encoding/hex encoding/json errors fmt math math/bits slices sort strconv strings time unicode unicode/utf8"
)

var purity = []pure{
	{pkg: "dag", std: "cmp crypto/sha256 encoding/binary encoding/hex errors fmt math/bits slices sort strconv strings time",
		names: clocks + " " + prints + " time.Time time.Date time.Unix time.Parse",
		why:   "equal states must have equal bytes on every machine and in every search, so there is no instant, no chance and no order of a map"},
	{pkg: "internal/run", std: values + " io maps", names: clocks + " " + prints + " io.Copy io.ReadAll io.Pipe", maps: true,
		why: "every replica must come to the same run from the same log, years later too; instants are inputs, io is for writing to a hash"},
	{pkg: "runbooks", std: values + " embed maps reflect regexp sync", names: clocks + " " + prints + " reflect.Value.MapRange reflect.Value.MapKeys sync.WaitGroup sync.Cond", maps: true,
		why: "the same runbook, site and parameters must give the same plan hash; embed holds the built-in files, sync guards a cache of compiled expressions, reflect is a type in an interface of CEL"},
}

// purities checks the product files of the pure packages.
func purities(_ testing.TB, m *module) []finding {
	var fs []finding
	for _, rule := range purity {
		p := m.find(rule.pkg)
		if p == nil {
			fs = append(fs, finding{rule.pkg, "purity", "there is no such package"})
			continue
		}
		fs = append(fs, rule.imports(m, p)...)
		t, err := m.check(p)
		if err != nil {
			fs = append(fs, finding{rule.pkg, "purity", err.Error()})
			continue
		}
		for _, s := range t.sources {
			v := &impurities{rule: rule, m: m, t: t, s: s}
			for _, d := range s.ast.Decls {
				v.declaration(d)
			}
			fs = append(fs, v.found...)
		}
	}
	return fs
}

// imports checks the standard library; the table of imports has the rest.
func (r pure) imports(m *module, p *pkg) []finding {
	var fs []finding
	for _, s := range p.sources {
		for _, spec := range s.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if !s.test && standard(path) && !among(path, r.std) {
				fs = append(fs, finding{m.at(s, spec), "purity", r.pkg + " may not import " + path + ": " + r.why})
			}
		}
	}
	return fs
}

// impurities walks one file.
type impurities struct {
	rule  pure
	m     *module
	t     *typed
	s     source
	fn    *ast.FuncDecl
	found []finding
}

func (v *impurities) declaration(d ast.Decl) {
	v.fn, _ = d.(*ast.FuncDecl)
	var path []ast.Node
	ast.Inspect(d, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		v.node(n, path)
		path = append(path, n)
		return true
	})
}

func (v *impurities) say(n ast.Node, what string) {
	v.found = append(v.found, finding{v.m.at(v.s, n), "purity", what + " in " + v.rule.pkg + ": " + v.rule.why})
}

// node judges one node; path leads to it.
func (v *impurities) node(n ast.Node, path []ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		v.say(n, "a goroutine")
	case *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
		v.say(n, "a channel")
	case *ast.RangeStmt:
		v.ranges(n)
	case *ast.SelectorExpr:
		v.name(n, path)
	}
}

// name judges what is used of another package.
func (v *impurities) name(sel *ast.SelectorExpr, path []ast.Node) {
	full := qualified(v.t.info.Uses[sel.Sel])
	if among(full, v.rule.names) {
		v.say(sel, full)
	}
	if full == "maps.Keys" || full == "maps.Values" || full == "maps.All" {
		if !v.inSorted(path) {
			v.say(sel, full+" outside slices.Sorted")
		}
	}
}

// inSorted says whether the node under this path is a call within the argument of slices.Sorted.
func (v *impurities) inSorted(path []ast.Node) bool {
	for _, n := range path {
		if call, ok := n.(*ast.CallExpr); ok && strings.HasPrefix(v.callee(call), "slices.Sorted") {
			return true
		}
	}
	return false
}

// callee is the qualified name of what is called, "" for what has none.
func (v *impurities) callee(call *ast.CallExpr) string {
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		return qualified(v.t.info.Uses[sel.Sel])
	}
	if id, ok := call.Fun.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// qualified is package.Name, or package.Type.Method.
func qualified(o types.Object) string {
	if o == nil || o.Pkg() == nil {
		return ""
	}
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		recv := f.Signature().Recv().Type()
		if p, ok := recv.(*types.Pointer); ok {
			recv = p.Elem()
		}
		if n, ok := recv.(*types.Named); ok {
			return o.Pkg().Path() + "." + n.Obj().Name() + "." + o.Name()
		}
	}
	return o.Pkg().Path() + "." + o.Name()
}

// ranges judges a range: over a map never in dag; elsewhere only in a calm shape.
func (v *impurities) ranges(r *ast.RangeStmt) {
	of := v.t.info.TypeOf(r.X)
	if of == nil {
		v.say(r, "a range over something unknown")
		return
	}
	if p, ok := of.Underlying().(*types.Pointer); ok {
		of = p.Elem()
	}
	switch of.Underlying().(type) {
	case *types.Chan:
		v.say(r, "a channel")
	case *types.Map:
		if !v.rule.maps {
			v.say(r, "a range over a map")
		} else if loud := (&order{v: v, loop: r}).shows(); loud != "" {
			v.say(r, "a range over a map whose order shows ("+loud+")")
		}
	}
}
