package mutate

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// Kind is how a place is made wrong.
type Kind string

// The kinds: a condition or a boolean answer is negated; an operand of && or || does not count; a limit is moved by one; an
// effect is left out.
const (
	Negate Kind = "negate"
	Ignore Kind = "ignore"
	Limit  Kind = "limit"
	Skip   Kind = "skip"
)

// Mutant is one place made wrong.
type Mutant struct {
	File string // base name
	Line int
	Func string
	Kind Kind
	Text string // the source there, on one line

	node          ast.Node
	depth         int
	before, after string
}

// Key names a mutant apart from its line, which any edit above it moves.
func (m *Mutant) Key() string {
	return strings.Join([]string{m.File, m.Func, string(m.Kind), m.Text}, " | ")
}

// Find lists the mutants of one source file, in the order of the source.
func Find(name string, source []byte) ([]Mutant, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := finder{fset: fset, source: source, name: name}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		f.fn = fn.Name.Name
		f.boolean = returnsBool(fn.Type)
		f.block(fn.Body.List, 1)
	}
	return f.found, nil
}

func returnsBool(t *ast.FuncType) bool {
	if t.Results == nil || len(t.Results.List) != 1 || len(t.Results.List[0].Names) > 1 {
		return false
	}
	id, ok := t.Results.List[0].Type.(*ast.Ident)
	return ok && id.Name == "bool"
}

type finder struct {
	fset    *token.FileSet
	source  []byte
	name    string
	fn      string
	boolean bool // the function answers one bool
	found   []Mutant
}

func (f *finder) text(n ast.Node) string {
	return string(f.source[f.fset.Position(n.Pos()).Offset:f.fset.Position(n.End()).Offset])
}

func (f *finder) add(k Kind, n ast.Node, depth int, before, after string) {
	f.found = append(f.found, Mutant{File: f.name, Line: f.fset.Position(n.Pos()).Line, Func: f.fn, Kind: k,
		Text: strings.Join(strings.Fields(f.text(n)), " "), node: n, depth: depth, before: before, after: after})
}

func (f *finder) block(list []ast.Stmt, depth int) {
	for _, s := range list {
		f.statement(s, depth)
	}
}

// statement looks into one statement; loops keep their conditions, since one that never ends tells nothing of a rule.
func (f *finder) statement(s ast.Stmt, depth int) {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.IncDecStmt:
		f.add(Skip, s, depth, "if !mutantOn(#) { ", " }")
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			f.add(Skip, s, depth, "if !mutantOn(#) { ", " }")
		}
		for _, e := range s.Rhs {
			f.operands(e, depth+2)
		}
	case *ast.IfStmt:
		f.condition(s.Cond, depth+1)
		f.block(s.Body.List, depth+1)
		if s.Else != nil {
			f.statement(s.Else, depth+1)
		}
	case *ast.SwitchStmt:
		f.clauses(s, depth)
	case *ast.BlockStmt:
		f.block(s.List, depth+1)
	case *ast.ForStmt:
		f.block(s.Body.List, depth+1)
	case *ast.RangeStmt:
		f.block(s.Body.List, depth+1)
	case *ast.ReturnStmt:
		if f.boolean && len(s.Results) == 1 {
			f.condition(s.Results[0], depth+1)
			return
		}
		for _, e := range s.Results {
			f.operands(e, depth+1)
		}
	}
}

func (f *finder) clauses(s *ast.SwitchStmt, depth int) {
	for _, c := range s.Body.List {
		clause, ok := c.(*ast.CaseClause)
		if !ok {
			continue
		}
		if s.Tag == nil {
			for _, e := range clause.List {
				f.condition(e, depth+1)
			}
		}
		f.block(clause.Body, depth+1)
	}
}

func (f *finder) condition(e ast.Expr, depth int) {
	if id, ok := e.(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
		return
	}
	f.add(Negate, e, depth, "mutantNot(#, ", ")")
	f.operands(e, depth+1)
}

// operands are the parts of a chain of && and ||, each of which is made not to count, and the limits in them.
func (f *finder) operands(e ast.Expr, depth int) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		f.operands(e.X, depth+1)
	case *ast.UnaryExpr:
		f.operands(e.X, depth+1)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND, token.LOR:
			for _, side := range []ast.Expr{e.X, e.Y} {
				if b, chain := side.(*ast.BinaryExpr); !chain || b.Op != e.Op {
					f.ignore(e.Op, side, depth+1)
				}
				f.operands(side, depth+2)
			}
		case token.LSS, token.GTR:
			f.add(Limit, e, depth, "(", " || mutantOn(#) && "+f.text(e.X)+" == "+f.text(e.Y)+")")
		case token.LEQ, token.GEQ:
			f.add(Limit, e, depth, "(", " && !(mutantOn(#) && "+f.text(e.X)+" == "+f.text(e.Y)+"))")
		}
	}
}

func (f *finder) ignore(op token.Token, e ast.Expr, depth int) {
	if op == token.LAND {
		f.add(Ignore, e, depth, "(mutantOn(#) || ", ")")
		return
	}
	f.add(Ignore, e, depth, "(!mutantOn(#) && (", "))")
}
