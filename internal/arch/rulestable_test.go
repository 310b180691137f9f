package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ruleRows are the rows that docs/rules.md must have: those of domain-exchange.md, by section.
func ruleRows() []string {
	rows := strings.Fields(`T1.1 T1.2 T1.3 T1.4 T1.5 T1.site T1.mixed T1.config T1.power T1.twice T1.benign T1.verify T2 T3.pre T3a T3b T3c T3d T4 T5 T6
		3.1 3.2 3.3 3.4 3.5 3.6 3.6a 3.7 3.8 4.parity 4.bare 4.majority 4.lost 4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.dynamic 4.tie 4.masked 4.forced 4.aap
		5.3.lossless 5.3.good 5.3.best 5.3.effort 5.3.default 5.4.acll 5.4.reach 5.4.sort 5.4.lossless 5.4.status 5.4.sets 5.4.health 5.4.index`)
	for i := 1; i <= 31; i++ {
		rows = append(rows, fmt.Sprintf("9.%d", i))
	}
	return rows
}

// TestRulesTable walks docs/rules.md: every row is there once, its code and its tests exist, and no test is empty.
func TestRulesTable(t *testing.T) {
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.Contains(cells[0], "---") || strings.TrimSpace(cells[0]) == "row" {
			continue
		}
		row := strings.TrimSpace(cells[0])
		seen[row]++
		if problem := codeProblem(strings.Fields(cells[2])); problem != "" {
			t.Errorf("%s: %s", row, problem)
		}
		for name := range strings.SplitSeq(cells[3], ",") {
			if problem := testProblem(strings.TrimSpace(name)); problem != "" {
				t.Errorf("%s: %s", row, problem)
			}
		}
	}
	for _, row := range ruleRows() {
		if seen[row] != 1 {
			t.Errorf("row %s is there %d times", row, seen[row])
		}
		delete(seen, row)
	}
	for row := range seen {
		t.Errorf("row %s is not known", row)
	}
}

// codeProblem: the file holds the word.
func codeProblem(cell []string) string {
	if len(cell) != 2 {
		return fmt.Sprintf("code must be a file and a word in it: %v", cell)
	}
	text, err := os.ReadFile(filepath.Join("../..", cell[0]))
	if err != nil {
		return err.Error()
	}
	if !strings.Contains(string(text), cell[1]) {
		return cell[0] + " has no " + cell[1]
	}
	return ""
}

// testProblem: the test is a function with something in it, and of a story the script tells something.
func testProblem(name string) string {
	pkg, test, ok := strings.Cut(name, ".")
	if !ok {
		return fmt.Sprintf("no test %q", name)
	}
	test, story, isStory := strings.Cut(test, "/")
	for _, dir := range []string{pkg, "internal/" + pkg} {
		if n, found := statements(filepath.Join("../..", dir), test); found {
			switch {
			case n == 0:
				return name + " is empty"
			case isStory:
				return storyProblem(filepath.Join("../..", dir, "testdata", story+".txt"))
			}
			return ""
		}
	}
	return name + " does not exist"
}

func statements(dir, test string) (int, bool) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return 0, false
	}
	for _, f := range files {
		file, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == test {
				return len(fn.Body.List), true
			}
		}
	}
	return 0, false
}

// storyProblem: it has commands, and what they print.
func storyProblem(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if strings.Count(string(text), "\n> ") < 3 || !strings.Contains(string(text), "\n    ") {
		return file + " tells nothing"
	}
	return ""
}
