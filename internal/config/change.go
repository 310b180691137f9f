package config

import (
	"slices"
	"strconv"
	"strings"

	"siteswap/internal/document"
)

// Change is a copy of the site with fields set by path ("dag.activation_mode", "servers[0].dial"), as a scenario's `set` asks
// for, checked like a file that was written so.
func Change(site *Site, set map[string]string) (*Site, document.Problems) {
	root := map[string]any{}
	doc, ps := document.Decode(site.File, Write(site), &root)
	if ps.Err() != nil {
		return nil, ps
	}
	paths := make([]string, 0, len(set))
	for p := range set {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		if !assign(root, strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(p), "."), scalar(set[p])) {
			return nil, document.Problems{doc.Problem(p, "is no field of the site file that could be set", "write a path as in dag.activation_mode or servers[0].dial")}
		}
	}
	data, err := document.Encode(root)
	if err != nil {
		return nil, document.Problems{doc.Problem("", err.Error(), "mend `set` of the scenario")}
	}
	return Parse(site.File, data)
}

// scalar reads a value as YAML would: a number or a truth value is one.
func scalar(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if text == "true" || text == "false" {
		return text == "true"
	}
	return text
}

// assign sets a value in nested mappings and lists; false when the path leads nowhere.
func assign(at any, path []string, value any) bool {
	switch node := at.(type) {
	case map[string]any:
		if len(path) == 1 {
			node[path[0]] = value
			return true
		}
		next, ok := node[path[0]]
		return ok && assign(next, path[1:], value)
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(node) {
			return false
		}
		if len(path) == 1 {
			node[i] = value
			return true
		}
		return assign(node[i], path[1:], value)
	}
	return false
}
