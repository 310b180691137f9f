package run

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"siteswap/dag"
)

// complete gives every function of the input an answer, and the facts a place for everything in the topology: what was not
// observed is unknown. Nothing below can then reach beyond a list.
func (in Input) complete() Input {
	in.Facts = whole(in.Topology, in.Facts)
	if in.InFlight == nil {
		in.InFlight = func(string) bool { return false }
	}
	if in.OpenFor == nil {
		in.OpenFor = func(string) time.Duration { return 0 }
	}
	return in
}

func whole(t *dag.Topology, f *dag.Facts) *dag.Facts {
	if f == nil {
		f = &dag.Facts{}
	}
	out := *f
	out.Sites, out.Members, out.Databases = fit(f.Sites, len(t.Sites)), fit(f.Members, len(t.Members)), fit(f.Databases, len(t.Databases))
	out.DNS, out.Redirector = fit(f.DNS, len(t.DNSServers)*len(t.Names)), fit(f.Redirector, len(t.Redirectors))
	out.Resolvers = fit(f.Resolvers, len(t.Resolvers)*len(t.Names))
	for i := range out.Sites {
		out.Sites[i].Pool = fit(out.Sites[i].Pool, len(t.Sites[i].Pool))
	}
	for d := range out.Databases {
		out.Databases[d].Copies = fit(out.Databases[d].Copies, len(t.Databases[d].Copies))
	}
	return &out
}

// fit is a copy of the list with n elements.
func fit[T any](s []T, n int) []T {
	out := make([]T, n)
	copy(out, s)
	return out
}

// FactHash names what somebody was shown: every fact's value, without age and origin.
func FactHash(t *dag.Topology, f *dag.Facts) string {
	h := sha256.New()
	for _, v := range dag.Flatten(t, whole(t, f)) {
		if !v.Known {
			v.Text = "?"
		}
		io.WriteString(h, v.Path+"="+v.Text+"\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// known are the values of the paths that are known, without where they are from: what an INTENT keeps of them.
func known(t *dag.Topology, f *dag.Facts, paths []string) []dag.Value {
	var out []dag.Value
	for _, v := range at(t, f, paths) {
		if v.Known {
			out = append(out, dag.Value{Path: v.Path, Known: true, Text: v.Text})
		}
	}
	return out
}

// at are the values of the paths, known or not.
func at(t *dag.Topology, f *dag.Facts, paths []string) []dag.Value {
	wanted := make(map[string]bool, len(paths))
	for _, p := range paths {
		wanted[p] = true
	}
	var out []dag.Value
	for _, v := range dag.Flatten(t, f) {
		if wanted[v.Path] {
			out = append(out, v)
		}
	}
	return out
}

// differ says whether a path that is known in both has another value.
func differ(t *dag.Topology, paths []string, a, b *dag.Facts) bool {
	va, vb := at(t, a, paths), at(t, b, paths)
	for i := range va {
		if va[i].Known && vb[i].Known && va[i].Text != vb[i].Text {
			return true
		}
	}
	return false
}

// served is how long a DNS server serves a real-speed TTL on this clock: whole seconds, at least one.
func (in *Input) served(ttl time.Duration) time.Duration {
	if in.Scale <= 1 || ttl <= 0 {
		return ttl
	}
	return max(time.Second, in.scaled(ttl).Round(time.Second))
}
