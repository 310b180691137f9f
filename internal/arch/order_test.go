package arch_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// order judges a range over a map: does it let the order of the map out? These do not:
//   - writing into or deleting from a map, counting, summing integers;
//   - appending to a slice that the same function sorts after the loop;
//   - leaving with one and the same answer, in which nothing of the loop stands, whichever element gave it, if the loop
//     leaves nothing else behind.
//
// It knows shapes, not proofs: two elements that write different values under one key of another map pass. Everything else
// is taken as loud, and the cure is to sort the keys.
type order struct {
	v       *impurities
	loop    *ast.RangeStmt
	answers map[string]bool // what the loop returns
	effects bool            // something outside of the loop changes
	set     map[string]string
}

// shows says which statement lets the order out; "" if none does.
func (o *order) shows() string {
	o.answers, o.set = map[string]bool{}, map[string]string{}
	for _, s := range o.loop.Body.List {
		if !o.calm(s) {
			return fmt.Sprintf("line %d", o.v.m.fset.Position(s.Pos()).Line)
		}
	}
	if len(o.answers) > 1 {
		return "it leaves with different answers, and the first element decides which"
	}
	if len(o.answers) == 1 && o.effects {
		return "it leaves early with half of its work done"
	}
	return ""
}

func (o *order) all(list []ast.Stmt) bool {
	return !slices.ContainsFunc(list, func(s ast.Stmt) bool { return !o.calm(s) })
}

// calm says whether a statement has the same effect in any order.
func (o *order) calm(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.BlockStmt:
		return o.all(s.List)
	case *ast.IfStmt:
		return (s.Init == nil || o.calm(s.Init)) && o.all(s.Body.List) && (s.Else == nil || o.calm(s.Else))
	case *ast.BranchStmt:
		return s.Tok == token.CONTINUE
	case *ast.ReturnStmt:
		answer := ""
		for _, e := range s.Results {
			answer += types.ExprString(e) + ","
		}
		o.answers[answer] = true
		return !slices.ContainsFunc(s.Results, o.ofLoop)
	case *ast.IncDecStmt:
		o.effects = true
		return o.integer(s.X)
	case *ast.ExprStmt:
		o.effects = true
		call, ok := s.X.(*ast.CallExpr)
		return ok && o.v.callee(call) == "delete"
	case *ast.AssignStmt:
		return o.assign(s)
	case *ast.RangeStmt:
		return o.all(s.Body.List)
	}
	return false
}

func (o *order) assign(s *ast.AssignStmt) bool {
	switch s.Tok {
	case token.DEFINE:
		return true
	case token.ADD_ASSIGN, token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN:
		o.effects = true
		return o.integer(s.Lhs[0])
	case token.ASSIGN:
		for i, lhs := range s.Lhs {
			if o.local(lhs) {
				continue
			}
			o.effects = true
			if !o.element(lhs) && (len(s.Rhs) != len(s.Lhs) || !o.same(lhs, s.Rhs[i]) && !o.sortedLater(lhs, s.Rhs[i])) {
				return false
			}
		}
		return true
	}
	return false
}

// same says whether every element sets the same value, in which nothing of the loop stands.
func (o *order) same(lhs, rhs ast.Expr) bool {
	name, value := types.ExprString(lhs), types.ExprString(rhs)
	before, again := o.set[name]
	o.set[name] = value
	return !o.ofLoop(rhs) && (!again || before == value) && !strings.Contains(value, name)
}

func (o *order) integer(e ast.Expr) bool {
	t := o.v.t.info.TypeOf(e)
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// element says whether an expression is an element of a map.
func (o *order) element(e ast.Expr) bool {
	index, ok := e.(*ast.IndexExpr)
	if !ok {
		return false
	}
	_, ok = o.v.t.info.TypeOf(index.X).Underlying().(*types.Map)
	return ok
}

// ofLoop says whether something that the loop declares stands in an expression.
func (o *order) ofLoop(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && o.inside(id) {
			found = true
		}
		return !found
	})
	return found
}

// local says whether an expression is a variable of the loop, or nothing at all.
func (o *order) local(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && (id.Name == "_" || o.inside(id))
}

func (o *order) inside(id *ast.Ident) bool {
	obj := o.v.t.info.Uses[id]
	return obj != nil && obj.Pos() > o.loop.Pos() && obj.Pos() < o.loop.End()
}

// sortedLater says whether the function sorts, after the loop, what the loop appends to.
func (o *order) sortedLater(lhs, rhs ast.Expr) bool {
	call, ok := rhs.(*ast.CallExpr)
	if !ok || o.v.callee(call) != "append" || o.v.fn == nil {
		return false
	}
	sorted := false
	ast.Inspect(o.v.fn, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || c.Pos() < o.loop.End() || len(c.Args) == 0 {
			return true
		}
		name := o.v.callee(c)
		if (strings.HasPrefix(name, "sort.") || strings.HasPrefix(name, "slices.Sort")) && types.ExprString(c.Args[0]) == types.ExprString(lhs) {
			sorted = true
		}
		return true
	})
	return sorted
}
