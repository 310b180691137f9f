package umredirect

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"siteswap/umredirect/mailbox"
)

// Source gives mailboxes one by one, so that a million of them never stand side by side, with the line where each stands
// (0: nowhere). It ends when take says no, and returns why it could not give all.
type Source interface {
	Name() string // of the file or the directory, for errors
	Each(take func(m Mailbox, line int) bool) error
}

// CSVFile is a Source: a file with an extension, its dial plan and its home on each line.
type CSVFile string

// Name implements Source.
func (f CSVFile) Name() string { return string(f) }

// Each implements Source.
func (f CSVFile) Each(take func(m Mailbox, line int) bool) error {
	in, err := os.Open(string(f))
	if err != nil {
		return err
	}
	defer in.Close()
	return mailbox.Read(in, func(r mailbox.Row) bool {
		return take(Mailbox{Extension: r.Extension, DialPlan: r.DialPlan, Home: r.Home}, r.Line)
	})
}

// maxProblems is how many wrong mailboxes are told of: a file that is wrong on every line is wrong for one reason.
const maxProblems = 10

// adder puts mailboxes into a table and gathers what is wrong.
type adder struct {
	t        *Table
	plans    map[string]int // by name
	homes    map[string]home
	source   string
	problems []error
}

func (t *Table) addMailboxes(o TableOptions) []error {
	t.boxes = mailbox.NewStore(len(o.Mailboxes))
	a := adder{t: t, plans: map[string]int{}, homes: map[string]home{HomeCurrent: atCurrent, HomeDecline: nowhere}}
	for i := range t.plans {
		a.plans[t.plans[i].Name] = i
	}
	for i := range t.legacy {
		a.homes[t.legacy[i].Name] = home(i)
	}
	if len(t.plans)+len(t.legacy)+stored >= mailbox.MaxNumber {
		return []error{fmt.Errorf("%d dial plans and %d legacy servers: keep below %d", len(t.plans), len(t.legacy), mailbox.MaxNumber-stored)}
	}
	for _, m := range o.Mailboxes {
		if !a.add(m, 0) {
			break
		}
	}
	if o.More != nil && len(a.problems) < maxProblems {
		a.source = o.More.Name()
		if err := o.More.Each(a.add); err != nil {
			a.problems = append(a.problems, fmt.Errorf("mailboxes of %s: %w", a.source, err))
		}
	}
	if len(a.problems) >= maxProblems {
		a.problems = append(a.problems, errors.New("and maybe more: the rest was not looked at"))
	}
	return a.problems
}

// add takes a mailbox; false when enough is wrong.
func (a *adder) add(m Mailbox, line int) bool {
	bad := func(format string, args ...any) bool {
		err := fmt.Errorf(format, args...)
		if line > 0 {
			err = fmt.Errorf("%s:%d: %w", a.source, line, err)
		}
		a.problems = append(a.problems, err)
		return len(a.problems) < maxProblems
	}
	t := a.t
	at, known := a.plans[m.DialPlan]
	if !known {
		return bad("mailbox %s: no dial plan is named %q", m.Extension, m.DialPlan)
	}
	h, known := a.homes[m.Home]
	if !known {
		return bad("mailbox %s: no legacy server is named %q; write one, or %q", m.Extension, m.Home, HomeCurrent)
	}
	if err := t.plans[at].fits(m.Extension); err != nil {
		return bad("mailbox %q: %w", m.Extension, err)
	}
	if len(m.Extension) > mailbox.MaxExtension {
		return bad("mailbox %.20q...: at most %d bytes", m.Extension, mailbox.MaxExtension)
	}
	for i := range t.plans {
		if i == at || t.plans[i].apart(&t.plans[at], m.Extension) {
			continue
		}
		if _, taken := t.boxes.Find(i, m.Extension); taken {
			return bad("mailbox %s is in dial plans %s and %s, and a call cannot tell them apart: keep one", m.Extension, t.plans[i].Name, m.DialPlan)
		}
	}
	if has, added := t.boxes.Add(at, m.Extension, int(h)+stored); !added {
		return bad("mailbox %s of dial plan %s has two homes, %s and %s: keep one", m.Extension, m.DialPlan, t.homeName(home(has-stored)), m.Home)
	}
	return true
}

// Mailboxes is how many mailboxes the table has.
func (t *Table) Mailboxes() int { return t.boxes.Len() }

// KeepMailboxes writes the mailboxes to a file that is a CSVFile again: the table that answers after a restart when the
// place that they came from is gone. After a crash at any point the old or the new file is there, whole.
func (t *Table) KeepMailboxes(path string) error {
	return replaceFile(path, func(w io.Writer) error { return mailbox.Write(w, t.rows()) })
}

func (t *Table) rows() iter.Seq[mailbox.Row] {
	return func(yield func(mailbox.Row) bool) {
		for e := range t.boxes.All() {
			if !yield(mailbox.Row{Extension: e.Extension, DialPlan: t.plans[e.Plan].Name, Home: t.homeName(home(e.Home - stored))}) {
				return
			}
		}
	}
}
