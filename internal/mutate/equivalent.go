package mutate

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed equivalent.txt
var equivalentText string

// Equivalents are the mutants that change nothing that could be seen, by Key, each with its reason. In the file a reason stands
// on a line that begins with "# ", for the keys that follow it.
func Equivalents() (map[string]string, error) { return parseEquivalents(equivalentText) }

func parseEquivalents(text string) (map[string]string, error) {
	out := map[string]string{}
	reason := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			reason = ""
		case strings.HasPrefix(line, "# "):
			reason = strings.TrimSpace(reason + " " + line[2:])
		case reason == "":
			return nil, fmt.Errorf("equivalent.txt: %q has no reason; write it on a line before that begins with #", line)
		case strings.Count(line, " | ") < 3:
			return nil, fmt.Errorf("equivalent.txt: %q is no key; copy what the campaign prints", line)
		default:
			out[line] = reason
		}
	}
	return out, nil
}
