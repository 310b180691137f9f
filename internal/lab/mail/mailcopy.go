package mail

import (
	"cmp"
	"slices"
)

func compareMessages(a, b Message) int {
	return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Number, b.Number))
}

// last is the highest generation of the copy, 0 without any.
func (c *mailCopy) last() int64 {
	if len(c.logs) == 0 {
		return 0
	}
	return c.logs[len(c.logs)-1].gen
}

func (c *mailCopy) add(e mailLog) {
	c.logs = append(c.logs, e)
	if _, twice := c.at[e.msg]; !twice {
		c.at[e.msg] = e.gen
	}
}

// truncate drops the logs after a generation.
func (c *mailCopy) truncate(atGen int64) {
	for len(c.logs) > 0 && c.last() > atGen {
		e := c.logs[len(c.logs)-1]
		c.logs = c.logs[:len(c.logs)-1]
		if c.at[e.msg] == e.gen {
			delete(c.at, e.msg)
		}
	}
}

// holds says whether this very log is on the copy.
func (c *mailCopy) holds(e mailLog) bool {
	i, ok := slices.BinarySearchFunc(c.logs, e.gen, func(x mailLog, gen int64) int { return cmp.Compare(x.gen, gen) })
	return ok && c.logs[i].id == e.id
}

// prefixOf says whether src continues this copy. Logs are only ever added and dropped at the end and copied in order, so
// two copies that share a log share all before it.
func (c *mailCopy) prefixOf(src *mailCopy) bool {
	n := len(c.logs)
	return n == 0 || n <= len(src.logs) && src.logs[n-1].id == c.logs[n-1].id
}

// logOf is the log that holds m.
func (c *mailCopy) logOf(m Message) (mailLog, bool) {
	gen, ok := c.at[m]
	if !ok {
		return mailLog{}, false
	}
	i, ok := slices.BinarySearchFunc(c.logs, gen, func(x mailLog, gen int64) int { return cmp.Compare(x.gen, gen) })
	return c.logs[i], ok
}

// sortExamples keeps the first few lost messages.
func sortExamples(a *Audit) {
	slices.SortFunc(a.Examples, compareMessages)
	a.Examples = a.Examples[:min(len(a.Examples), maxExamples)]
}
