package drill

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/internal/document"
)

// verbNames are the verbs of an event.
func verbNames() []string {
	return []string{"fail", "restore", "cut", "heal", "kill", "run", "move", "misbehave", "hold", "release", "slow", "plant"}
}

func (e *Event) verbs() []string {
	var v []string
	for i, given := range []bool{e.Fail != nil, e.Restore != nil, e.Cut != nil, e.Heal != nil, e.Kill != nil, e.Run != "", e.Move != nil,
		e.Misbehave != nil, len(e.Hold) > 0, len(e.Release) > 0, e.Slow != nil, e.Plant != ""} {
		if given {
			v = append(v, verbNames()[i])
		}
	}
	slices.Sort(v)
	return v
}

func (e *Event) check(doc *document.Document, path string) document.Problems {
	var ps document.Problems
	if v := e.verbs(); len(v) != 1 {
		ps = append(ps, doc.Problem(path, fmt.Sprintf("has %d verbs (%s)", len(v), strings.Join(v, ", ")), "write exactly one of "+strings.Join(verbNames(), ", ")))
	}
	if e.At == "" && e.After == nil {
		ps = append(ps, doc.Problem(path, "does not say when", "write `at: start` or `after: {...}`"))
	}
	if e.At != "" && e.After != nil {
		ps = append(ps, doc.Problem(path, "says twice when", "keep `at` or `after`"))
	}
	ps = append(ps, e.checkAnchor(doc, path)...)
	return append(ps, e.checkVerb(doc, path)...)
}

func (e *Event) checkAnchor(doc *document.Document, path string) document.Problems {
	a := e.After
	if a == nil {
		return nil
	}
	var ps document.Problems
	if a.Seconds != nil && e.Run == "" {
		ps = append(ps, doc.Problem(path+".after.seconds", "stands only on run", "anchor a fault on a point of a run: `after: {step: ID, point: applied}`"))
	}
	if (a.Step == "") != (a.Point == "") {
		ps = append(ps, doc.Problem(path+".after", "step and point belong together", "write `{step: ID, point: intent|call-received|applied|answered|result}`"))
	}
	if a.Step == "" && a.Run == "" && a.Seconds == nil && a.Healed == nil {
		ps = append(ps, doc.Problem(path+".after", "names nothing", "write step and point, run and outcome, seconds, or healed"))
	}
	return ps
}

// checkVerb checks what can be seen without a site file.
func (e *Event) checkVerb(doc *document.Document, path string) document.Problems {
	var ps document.Problems
	for name, l := range map[string]*Link{"cut": e.Cut, "heal": e.Heal} {
		if l != nil && !(len(l.Link) == 2 && l.Site == "" || len(l.Link) == 0 && l.Site != "") {
			ps = append(ps, doc.Problem(path+"."+name, "names not two sites", "write `{link: [SITE, SITE]}`, or `{site: SITE}` for all of its links"))
		}
	}
	for name, t := range map[string]*Target{"fail": e.Fail, "restore": e.Restore, "kill": e.Kill} {
		if t == nil {
			continue
		}
		if n := len(t.given()); n != 1 {
			ps = append(ps, doc.Problem(path+"."+name, fmt.Sprintf("names %d things", n), "name exactly one, as in `{site: SITE}`"))
		}
		if t.Held != nil && t.Site == "" && t.Server == "" {
			ps = append(ps, doc.Problem(path+"."+name+".held", "stands only with a site or a server", "the power control switches servers"))
		}
		if name == "kill" && t.Controller == "" && t.Redirector == "" {
			ps = append(ps, doc.Problem(path+".kill", "names no process", "write `{controller: leader}`, a controller's id, or `{redirector: SITE}`"))
		}
	}
	if s := e.Slow; s != nil && (len(s.Kinds) == 0) == (len(s.Link) == 0) || s != nil && len(s.Link) != 0 && len(s.Link) != 2 {
		ps = append(ps, doc.Problem(path+".slow", "does not say what is slow", "write `{kinds: [replicate, ship], factor: 10}` or `{link: [SITE, SITE], factor: 10}`"))
	}
	for _, kind := range slices.Concat(e.Hold, e.Release, e.slowed()) {
		if !slices.Contains(worldKinds(), kind) {
			ps = append(ps, doc.Problem(path, fmt.Sprintf("the world does no %q by itself", kind), "write "+strings.Join(worldKinds(), ", ")))
		}
	}
	return ps
}

func (e *Event) slowed() []string {
	if e.Slow == nil {
		return nil
	}
	return e.Slow.Kinds
}

// TargetKinds are the kinds of things that break: site, server and the others.
func TargetKinds() []string {
	return []string{"site", "server", "hung", "service", "front", "witness", "share", "domain_controller", "dns", "redirector", "legacy", "disk", "index", "cluster_start", "copy", "controller"}
}

// given are the names of what a target names.
func (t *Target) given() []string {
	var out []string
	for name, value := range map[string]string{"site": t.Site, "server": t.Server, "hung": t.Hung, "service": t.Service, "front": t.Front, "witness": t.Witness, "share": t.Share,
		"domain_controller": t.DomainController, "dns": t.DNS, "redirector": t.Redirector, "legacy": t.Legacy, "disk": t.Disk, "index": t.Index, "cluster_start": t.ClusterStart, "copy": t.Copy, "controller": t.Controller} {
		if value != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// check sees that an expectation expects something.
func (e *Expect) check(doc *document.Document) document.Problems {
	var ps document.Problems
	if e.Outcome == "" && e.Violation == "" && e.Refused == "" && e.Waiting == "" && e.Authority == "" {
		ps = append(ps, doc.Problem("expect", "does not say how the drill ends", "write outcome, violation, refused, waiting or authority"))
	}
	for _, s := range e.Sessions {
		if !slices.Contains([]string{"broken", "restart", "no-broken", "no-restart"}, s) {
			ps = append(ps, doc.Problem("expect.sessions", fmt.Sprintf("%q is nothing that a session feels", s), "write broken, restart, no-broken or no-restart"))
		}
	}
	for i, r := range e.Runs {
		if !slices.Contains([]string{"done", "failed", "refused", "aborted", "degraded", "waiting"}, r) {
			ps = append(ps, doc.Problem(fmt.Sprintf("expect.runs[%d]", i), fmt.Sprintf("%q is no end of a run", r), "write done, failed, refused, aborted, degraded or waiting"))
		}
	}
	for step, state := range e.Steps {
		if !slices.Contains([]string{"done", "failed", "unknown", "skipped", "refused", "waiting", "todo"}, state) {
			ps = append(ps, doc.Problem("expect.steps."+step, fmt.Sprintf("%q is no state of a step", state), "write done, failed, unknown, skipped, refused, waiting or todo"))
		}
	}
	return ps
}
