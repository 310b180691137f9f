package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// controllers checks the controllers, and warns of layouts that lose their quorum too easily (controllers.md, Layout).
func (c *checker) controllers() {
	list := c.site.Controllers
	in := map[string]int{}
	for i, k := range list {
		c.refer(at("controllers[%d].site", i), k.Site, "site", c.site.placeNames())
		in[k.Site]++
		members := c.site.serverNames(func(s Server) bool { return s.Member() && s.Site == k.Site })
		if len(list) > 2 && len(members) > 0 && in[k.Site] == len(list)/2+1 {
			c.warn(at("controllers[%d].site", i), fmt.Sprintf("%s of %s controllers in %s: with that site their majority is lost too, and recovery must be forced", count(in[k.Site]), count(len(list)), k.Site),
				"put one of them in a third place")
		}
	}
	if n := len(list); n > 0 && n%2 == 0 {
		c.warn("controllers", fmt.Sprintf("%s controllers: an even number bears no more losses than one less, and two halves cannot decide", count(n)), fmt.Sprintf("have %d or %d", n-1, n+1))
	}
}

// count is a small number as a word.
func count(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// people checks who approves and who is told.
func (c *checker) people() {
	approvers, notified := c.claims(), c.claims()
	for i, a := range c.site.Approvers {
		approvers.take(a.Name, at("approvers[%d].name", i), "names two approvers", "list each person once")
	}
	for i, n := range c.site.Notify {
		notified.take(n.Name, at("notify[%d].name", i), "names two receivers", "give each its own name")
		given := 0
		for _, there := range []bool{n.Mail != "", n.URL != "", len(n.Program) > 0} {
			if there {
				given++
			}
		}
		if given != 1 {
			c.fail(at("notify[%d]", i), count(given)+" ways to tell "+n.Name, "write one of mail, url, program")
		}
	}
}

// oneSecret: a secret is in one place, and never in the site file.
func (c *checker) oneSecret(path string, needed bool, file, env string, command []string) {
	var given []string
	for _, s := range []struct {
		field string
		there bool
	}{{"key_file", file != ""}, {"env", env != ""}, {"command", len(command) > 0}} {
		if s.there {
			given = append(given, path+"."+s.field)
		}
	}
	switch {
	case len(given) > 1:
		last := slices.MaxFunc(given, func(a, b string) int { return cmp.Compare(c.doc.Line(a), c.doc.Line(b)) })
		c.fail(last, "the secret is in "+count(len(given))+" places", "keep one of key_file, env, command")
	case len(given) == 0 && needed:
		c.fail(path, "nothing says where the secret is", "write one of key_file, env, command")
	}
}

// sortedKeys are the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
