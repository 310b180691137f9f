package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"siteswap/internal/document"
)

// baseEnv has the vocabulary. The functions get the world as a hidden last argument by a macro.
func baseEnv() (*cel.Env, error) {
	opts := []cel.EnvOption{cel.Variable(worldName, worldType()), cel.ASTValidators(cel.ValidateComprehensionNestingLimit(deepestLoop)), cel.ParserRecursionLimit(50)}
	for _, word := range Vocabulary() {
		if word.value != nil {
			opts = append(opts, cel.Variable(word.Name, word.celType))
			continue
		}
		name, _, _ := strings.Cut(word.Name, "(")
		call := word.call
		opts = append(opts,
			cel.Macros(cel.GlobalMacro(name, 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
				return f.NewCall(name, args[0], f.NewIdent(worldName)), nil
			})),
			cel.Function(name, cel.Overload(name+"_site", []*cel.Type{cel.StringType, worldType()}, listOfStrings(),
				cel.BinaryBinding(func(site, w ref.Val) ref.Val {
					s, ok := site.(types.String)
					in, alive := w.(*world)
					if !ok || !alive {
						return types.NewErr("%s takes the name of a site", name)
					}
					return call(in, string(s))
				}))))
	}
	return cel.NewEnv(opts...)
}

// complaint is the first thing that the checker says, with the nearest known word where a word is not known.
func complaint(expr string, issues *cel.Issues, params []Setting, item bool) error {
	first := issues.Errors()[0]
	column := first.Location.Column() + 1
	text, _, _ := strings.Cut(first.Message, " (in container")
	if name, ok := strings.CutPrefix(text, "undeclared reference to '"); ok {
		known := wordNames(params, item)
		name = dotted(expr, strings.TrimSuffix(name, "'"), known)
		if best, near := document.Nearest(name, known); near {
			return fmt.Errorf("column %d: no word %s; did you mean `%s`?", column, name, best)
		}
		return fmt.Errorf("column %d: no word %s; `siteswap runbook facts` lists the words", column, name)
	}
	if strings.Contains(expr, "{{") {
		return fmt.Errorf("column %d: %s; write a parameter by its name alone, without {{ }}", column, firstLine(text))
	}
	return fmt.Errorf("column %d: %s; `siteswap runbook facts` lists the words and their types", column, firstLine(text))
}

// wordNames are all names that an expression may use.
func wordNames(params []Setting, item bool) []string {
	var known []string
	for _, w := range Vocabulary() {
		word, _, _ := strings.Cut(w.Name, "(")
		known = append(known, word)
	}
	for _, p := range params {
		known = append(known, p.Name)
	}
	if item {
		known = append(known, "item")
	}
	return known
}

// dotted is the whole word that begins with name and is not known: the checker says only "dag" of dag.stoped.
func dotted(expr, name string, known []string) string {
	for rest := expr; ; {
		_, after, found := strings.Cut(rest, name+".")
		if !found {
			return name
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
		if end < 0 {
			end = len(after)
		}
		if word := name + "." + after[:end]; !slices.Contains(known, word) {
			return word
		}
		rest = after
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// refuseNested: a list within a list or map, or dyn, would hide a partial list from ==, which then says false of what is
// not known.
func refuseNested(a *cel.Ast) error {
	for _, t := range a.NativeRep().TypeMap() {
		if t.Kind() == types.MapKind {
			return fmt.Errorf("maps are not read here; compare lists and values")
		}
	}
	for _, t := range a.NativeRep().TypeMap() {
		if t.Kind() == types.ListKind && len(t.Parameters()) == 1 && t.Parameters()[0].Kind() == types.ListKind {
			return fmt.Errorf("a list of lists is not read here; compare lists one by one")
		}
	}
	for _, r := range a.NativeRep().ReferenceMap() {
		if slices.Contains(r.OverloadIDs, "to_dyn") {
			return fmt.Errorf("dyn() is not read here; every word has a type")
		}
	}
	return nil
}
