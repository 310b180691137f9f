package runbooks

import (
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"siteswap/dag"
)

// world answers the words of an expression from an Env. It is handed to the functions as a hidden argument, so that one
// compiled expression serves any number of facts.
type world struct {
	Env
	touched []string // which lists were known in part only
}

// mode is what the run has decided, or what it would decide on these facts.
func (w *world) mode() string {
	if w.Mode != "" {
		return w.Mode
	}
	params := map[string]string{}
	for _, p := range w.Params {
		params[p.Name] = p.Value
	}
	return Mode(w.Topology, w.Facts, params)
}

// worldName is the hidden variable; no expression can write it.
const worldName = "@world"

func worldType() *cel.Type { return cel.OpaqueType("facts") }

// ConvertToNative, ConvertToType, Equal, Type and Value make a world a CEL value.
func (w *world) ConvertToNative(reflect.Type) (any, error) { return w, nil }

// ConvertToType is part of ref.Val.
func (w *world) ConvertToType(ref.Type) ref.Val { return types.NewErr("facts are no value") }

// Equal is part of ref.Val.
func (w *world) Equal(ref.Val) ref.Val { return types.False }

// Type is part of ref.Val.
func (w *world) Type() ref.Type { return worldType() }

// Value is part of ref.Val.
func (w *world) Value() any { return w }

// unknownValue is CEL's unknown; the text says which fact, and why.
func unknownValue(what, why string) ref.Val {
	if why != "" {
		what += ": " + why
	}
	return types.NewUnknown(0, types.NewAttributeTrail(what))
}

// fact is a fact as a CEL value: unknown if it is not known, and never its zero value.
func fact[T any](f dag.Fact[T], name string, convert func(T) ref.Val) ref.Val {
	if !f.Known {
		return unknownValue(name, strings.TrimSpace(f.From+" "+f.Why))
	}
	return convert(f.Value)
}

func text[T ~string](v T) ref.Val { return types.String(v) }

// stringList is a list sorted and unique, as every list of an expression is.
func stringList(s []string) ref.Val {
	s = slices.Compact(slices.Sorted(slices.Values(s)))
	if s == nil {
		s = []string{}
	}
	return types.DefaultTypeAdapter.NativeToValue(s)
}

// lists are the Started or Stopped list as the vantage's directory holds it. A site without a directory takes them from
// those that were read, if they agree.
func (w *world) lists(name string, get func(dag.SiteFacts) dag.Fact[[]string]) ref.Val {
	own := get(at(w.Facts.Sites, w.Vantage))
	hasOwn := w.Vantage >= 0 && w.Vantage < len(w.Topology.Sites) && len(w.Topology.Sites[w.Vantage].DomainControllers) > 0
	if own.Known || hasOwn {
		return fact(own, name, stringList)
	}
	found := own
	for i := range w.Facts.Sites {
		f := get(w.Facts.Sites[i])
		switch {
		case !f.Known:
		case found.Known && !slices.Equal(found.Value, f.Value):
			return unknownValue(name, "the directories differ")
		default:
			found = f
		}
	}
	return fact(found, name, stringList)
}

// vantageMembers are the members of the vantage site; all members if it has none.
func (w *world) vantageMembers() dag.Set {
	s := w.Topology.MembersOf(w.Vantage)
	if s == 0 {
		s = w.Topology.AllMembers()
	}
	return s
}

// holder is the first member of the vantage site that holds quorum; -1 and false if whether one does cannot be known.
func (w *world) holder() (member int, known bool) {
	known = true
	for i := range w.Topology.Members {
		if !w.vantageMembers().Has(i) {
			continue
		}
		f := at(w.Facts.Members, i)
		if f.Quorum.Value {
			return i, true
		}
		off := f.Power.Known && f.Power.Value != dag.PowerOn // what has no power holds no quorum
		known = known && (f.Quorum.Known || off)
	}
	return -1, known
}

func (w *world) quorum() ref.Val {
	m, known := w.holder()
	if m < 0 && !known {
		return unknownValue("dag.quorum", "not every member that could hold it answers")
	}
	return types.Bool(m >= 0)
}

// quorumList is a list of the cluster with quorum: empty when it is known that there is none.
func (w *world) quorumList(name string, get func(dag.MemberFacts) dag.Fact[[]string]) ref.Val {
	m, known := w.holder()
	switch {
	case m >= 0:
		return fact(get(at(w.Facts.Members, m)), name, stringList)
	case known:
		return stringList(nil)
	}
	return unknownValue(name, "no member that holds quorum answers")
}

// ofQuorum is a property of the cluster with quorum; without one there is no such property.
func (w *world) ofQuorum(name string, get func(dag.MemberFacts) ref.Val) ref.Val {
	if m, _ := w.holder(); m >= 0 {
		return get(at(w.Facts.Members, m))
	}
	return unknownValue(name, "no member that holds quorum answers")
}

// membersThat are the members of the set for which something holds; those of which it is not known keep the list partial.
func (w *world) membersThat(name string, s dag.Set, holds func(dag.MemberFacts) (yes, known bool)) ref.Val {
	var in, maybe []string
	for i := range w.Topology.Members {
		if !s.Has(i) {
			continue
		}
		yes, known := holds(at(w.Facts.Members, i))
		switch {
		case !known:
			maybe = append(maybe, w.Topology.Members[i].Name)
		case yes:
			in = append(in, w.Topology.Members[i].Name)
		}
	}
	return w.list(name, in, maybe)
}

// databasesThat are the databases with a copy in the site for which something holds.
func (w *world) databasesThat(name string, site int, holds func(db, place int) (yes, known bool)) ref.Val {
	var in, maybe []string
	for d := range w.Topology.Databases {
		any, unknown := false, false
		for i, c := range w.Topology.Databases[d].Copies {
			if w.Topology.Members[c.Member].Site != site {
				continue
			}
			yes, known := holds(d, i)
			any, unknown = any || yes && known, unknown || !known
		}
		switch {
		case any:
			in = append(in, w.Topology.Databases[d].Name)
		case unknown:
			maybe = append(maybe, w.Topology.Databases[d].Name)
		}
	}
	return w.list(name, in, maybe)
}

func (w *world) mounted(site int) ref.Val {
	var in, maybe []string
	for d := range w.Topology.Databases {
		on := at(w.Facts.Databases, d).MountedOn
		m := w.Topology.MemberIndex(on.Value)
		switch {
		case !on.Known && !w.mountsNone(site, d):
			maybe = append(maybe, w.Topology.Databases[d].Name)
		case on.Known && m >= 0 && w.Topology.Members[m].Site == site:
			in = append(in, w.Topology.Databases[d].Name)
		}
	}
	return w.list("mounted("+w.Topology.Sites[site].Name+")", in, maybe)
}

// mountsNone: every store of the site that has a copy of the database says that it does not mount it. Whether some dark server
// elsewhere does is another question.
func (w *world) mountsNone(site, db int) bool {
	for _, c := range w.Topology.Databases[db].Copies {
		if w.Topology.Members[c.Member].Site != site {
			continue
		}
		here := at(w.Facts.Members, c.Member).MountsHere
		if !here.Known || slices.Contains(here.Value, w.Topology.Databases[db].Name) {
			return false
		}
	}
	return true
}

// inSite calls f with the index of a site by name.
func (w *world) inSite(name string, f func(i int) ref.Val) ref.Val {
	i := w.Topology.SiteIndex(name)
	if i < 0 {
		return types.NewErr("there is no site %q", name)
	}
	return f(i)
}

// list is a whole list, or a partial one if of some elements it is not known whether they are in it.
func (w *world) list(name string, in, maybe []string) ref.Val {
	if len(maybe) == 0 {
		return stringList(in)
	}
	return &partial{world: w, name: name, in: in, maybe: maybe}
}
