package act

import (
	"context"
	"slices"
	"sync"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
)

// resolverEvery is how often a listed resolver is asked, real speed: as seldom as a wait for caches allows. It is asked as its
// clients ask it, so it may fetch a name because of it; its clients do the same all the time.
const resolverEvery = 15 * time.Second

// readResolvers gives what the listed resolvers have of every name, in the order of dag.Facts.
func (w *World) readResolvers(ctx context.Context) []dag.ResolverFacts {
	t := w.o.Topology
	out := make([]dag.ResolverFacts, len(t.Resolvers)*len(t.Names))
	var all sync.WaitGroup
	for i, address := range t.Resolvers {
		all.Go(func() {
			got, age, ok := w.caches.ask(ctx, w.o.Now, address, w.patience(resolverEvery, 300*time.Millisecond), func() []dag.ResolverFacts {
				return w.askResolver(context.Background(), address)
			})
			for n := range t.Names {
				f := unknownCache(address, "no answer yet")
				if ok {
					f = got[n]
				}
				f.Answers.Age, f.Left.Age = age, age
				out[i*len(t.Names)+n] = f
			}
		})
	}
	all.Wait()
	return out
}

// askResolver asks one resolver for every name. One silence is enough, its price is a time-out.
func (w *World) askResolver(ctx context.Context, address string) []dag.ResolverFacts {
	t := w.o.Topology
	out := make([]dag.ResolverFacts, len(t.Names))
	silent := ""
	for n := range t.Names {
		if silent == "" {
			out[n] = w.cachedName(ctx, address, &t.Names[n])
			silent = out[n].Answers.Why
			continue
		}
		out[n] = unknownCache(address, silent)
	}
	return out
}

// cachedName is what a resolver has for a name.
func (w *World) cachedName(ctx context.Context, address string, n *dag.Name) dag.ResolverFacts {
	values, left, err := w.o.DNS.Cache(ctx, address, n.Name, kindsOf(n))
	if err != nil {
		return unknownCache(address, err.Error())
	}
	return dag.ResolverFacts{Answers: dag.Know(values, address), Left: dag.Know(time.Duration(float64(left)*w.o.Scale), address)}
}

// kindsOf are the record types that a name may have by plan.
func kindsOf(n *dag.Name) []string {
	var out []string
	for _, targets := range n.Targets {
		for _, v := range targets {
			if k := dnsupdate.KindOf(v); !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func unknownCache(address, why string) dag.ResolverFacts {
	return dag.ResolverFacts{Answers: dag.Unknown[[]string](address, why), Left: dag.Unknown[time.Duration](address, why)}
}
