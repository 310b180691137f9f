package mailbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siteswap/umredirect/mailbox"
)

type key struct {
	plan      int
	extension string
}

// A store is a map whose first word counts, and that forgets nothing while it grows.
func TestStoreIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model, order := mailbox.NewStore(0), map[key]int{}, []mailbox.Entry(nil)
		for range rapid.IntRange(0, 300).Draw(t, "adds") {
			k := key{rapid.SampledFrom([]int{0, 1, mailbox.MaxNumber - 1}).Draw(t, "plan"), rapid.StringMatching(`[0-9]{1,3}|[A-Za-z.]{0,3}|x{254,255}`).Draw(t, "extension")}
			home := rapid.IntRange(0, mailbox.MaxNumber-1).Draw(t, "home")
			low := key{k.plan, strings.ToLower(k.extension)}
			want, known := model[low]
			if !known {
				want, model[low] = home, home
				order = append(order, mailbox.Entry{Plan: low.plan, Extension: low.extension, Home: home})
			}
			if got, added := s.Add(k.plan, k.extension, home); got != want || added == known {
				t.Fatalf("Add(%v, %d) = %d, %v; want %d, %v", k, home, got, added, want, !known)
			}
		}
		for k, want := range model {
			if got, ok := s.Find(k.plan, strings.ToUpper(k.extension)); !ok || got != want {
				t.Fatalf("Find(%v) = %d, %v; want %d", k, got, ok, want)
			}
			if _, ok := s.Find(k.plan, k.extension+"y"); ok != has(model, key{k.plan, k.extension + "y"}) {
				t.Fatalf("Find of %v with a letter behind it: %v", k, ok)
			}
		}
		if got := slices.Collect(s.All()); !slices.Equal(got, order) || s.Len() != len(order) {
			t.Fatalf("All gives %v, %d of them; want %v", got, s.Len(), order)
		}
	})
}

func has(m map[key]int, k key) bool {
	_, ok := m[k]
	return ok
}

func TestFindAllocatesNothing(t *testing.T) {
	s := full(1000)
	if n := testing.AllocsPerRun(100, func() { s.Find(0, "0000500") }); n != 0 {
		t.Errorf("%v allocations for a look-up", n)
	}
}

func full(n int) *mailbox.Store {
	s := mailbox.NewStore(n)
	for i := range n {
		s.Add(0, fmt.Sprintf("%07d", i), i%3)
	}
	return s
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{100, 100_000, 1_000_000} {
		s, keys := full(n), make([]string, 4096)
		for i := range keys {
			keys[i] = fmt.Sprintf("%07d", (i*7919)%n)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := range b.N {
				s.Find(0, keys[i%len(keys)])
			}
		})
	}
}
