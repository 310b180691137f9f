package mutate

import (
	"slices"
	"strconv"
	"strings"
)

// Variable is the environment variable that says which mutant of a built test is wrong; 0 or nothing: none.
const Variable = "SITESWAP_MUTANT"

// switches is a file that is added to the package: it holds what the rewritten sources call.
func switches(pkg string) string {
	return "package " + pkg + `

import (
	"os"
	"strconv"
)

var mutantNumber = func() int { n, _ := strconv.Atoi(os.Getenv("` + Variable + `")); return n }()

func mutantOn(n int) bool { return n == mutantNumber }

func mutantNot(n int, b bool) bool { return b != (n == mutantNumber) }
`
}

type insertion struct {
	at, depth int
	text      string
	after     bool
}

// rewrite makes every mutant of a source switchable; the first has the number first.
func rewrite(name string, source []byte, first int) ([]byte, []Mutant, error) {
	list, err := Find(name, source)
	if err != nil {
		return nil, nil, err
	}
	var all []insertion
	for i, m := range list {
		number := strconv.Itoa(first + i)
		// Find parsed the same source into a set of its own whose only file starts at 1, so a position is an offset plus one.
		all = append(all, insertion{int(m.node.Pos()) - 1, m.depth, strings.ReplaceAll(m.before, "#", number), false},
			insertion{int(m.node.End()) - 1, m.depth, strings.ReplaceAll(m.after, "#", number), true})
	}
	slices.SortStableFunc(all, nested)
	var out []byte
	at := 0
	for _, x := range all {
		out = append(append(out, source[at:x.at]...), x.text...)
		at = x.at
	}
	return append(out, source[at:]...), list, nil
}

// nested puts what ends before what begins at the same place, the outer beginning first and the inner end first.
func nested(a, b insertion) int {
	switch {
	case a.at != b.at:
		return a.at - b.at
	case a.after != b.after && a.after:
		return -1
	case a.after != b.after:
		return 1
	case a.after:
		return b.depth - a.depth
	}
	return a.depth - b.depth
}
