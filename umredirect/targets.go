package umredirect

import (
	"cmp"
	"maps"
	"slices"
)

// Sites are the sites that some dial plan has current servers in, sorted.
func (t *Table) Sites() []string {
	if t == nil {
		return nil
	}
	var sites []string
	for i := range t.plans {
		for site, targets := range t.plans[i].Current {
			if len(targets) > 0 && !slices.Contains(sites, site) {
				sites = append(sites, site)
			}
		}
	}
	slices.Sort(sites)
	return sites
}

// Targets are the current servers of a site in every dial plan, without repetition, the preferred first within each plan.
func (t *Table) Targets(site string) []Target {
	if t == nil {
		return nil
	}
	var out []Target
	for i := range t.plans {
		for _, target := range t.plans[i].Current[site] {
			if !slices.Contains(out, target) {
				out = append(out, target)
			}
		}
	}
	return out
}

// LegacyTargets are the servers of every legacy home, by its name: what has to be watched beside Targets.
func (t *Table) LegacyTargets() map[string][]Target {
	out := map[string][]Target{}
	if t == nil {
		return out
	}
	for _, l := range t.legacy {
		out[l.Name] = slices.Clone(l.targets)
	}
	return out
}

// CanRoute says whether a call gets anywhere: an OPTIONS is answered 200 only then, so that a PBX goes to another redirector.
// While every current server of the site is dead, those of legacy mailboxes still have somewhere to go; the others get a 503,
// upon which a PBX tries its next redirector too.
func CanRoute(t *Table, s State) bool {
	if t == nil || s.Site == "" || s.Leaving {
		return false
	}
	listed := false
	for i := range t.plans {
		targets := t.plans[i].Current[s.Site]
		listed = listed || len(targets) > 0
		if len(targets) > 0 && (len(alive(targets, s)) > 0 || t.plans[i].WhenDown == WhenDownRedirect) {
			return true
		}
	}
	for i := range t.legacy {
		if listed && !s.LegacyDown[t.legacy[i].Name] && len(alive(t.legacy[i].targets, s)) > 0 {
			return true
		}
	}
	return false
}

// alive are the targets that are not known to be dead.
func alive(targets []Target, s State) []Target {
	if len(s.Dead) == 0 {
		return targets
	}
	return slices.DeleteFunc(slices.Clone(targets), func(t Target) bool { return s.Dead[t.ID()] })
}

func cloneTargets(in map[string][]Target) map[string][]Target {
	out := make(map[string][]Target, len(in))
	for site, targets := range in {
		out[site] = slices.Clone(targets)
	}
	return out
}

// sortByQ puts the preferred target first; equal ones keep the order in which they were written.
func sortByQ(targets []Target) {
	slices.SortStableFunc(targets, func(a, b Target) int { return cmp.Compare(b.Q, a.Q) })
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// spread orders targets of the same preference by their weights: which comes first is drawn with the call's own number, so
// that every redirector and every copy of a request says the same. They get preferences of their own, because a client may
// call equal ones at once (RFC 3261, section 16.6), and two voice mails would answer. Targets without weights stay as they are.
func spread(targets []Target, callID string) []Target {
	if !slices.ContainsFunc(targets, func(t Target) bool { return t.Weight > 0 }) {
		return targets
	}
	out := slices.Clone(targets)
	draw := hash(callID)
	for i := 0; i < len(out); {
		end, total := i, 0
		for ; end < len(out) && out[end].Q == out[i].Q; end++ {
			total += out[end].Weight
		}
		if total > 0 && end-i > 1 {
			drawOrder(out[i:end], total, draw)
		}
		i = end
	}
	return out
}

// step is the least difference of two preferences (RFC 3261, section 25.1: three decimals).
const step = 0.001

// drawOrder draws without putting back; targets without weight come last.
func drawOrder(group []Target, total int, draw uint64) {
	for k := range group {
		at := k
		if total > 0 {
			left := int(draw % uint64(total))
			for at = k; left >= group[at].Weight; at++ {
				left -= group[at].Weight
			}
		}
		chosen := group[at]
		copy(group[k+1:at+1], group[k:at])
		group[k] = chosen
		total -= chosen.Weight
		draw = mix(draw)
	}
	for k := range group {
		group[k].Q = max(0, group[k].Q-float64(k)*step)
	}
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads the bits of a number over all of it (the finalizer of MurmurHash3).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
