// Package witnesstest is what a register of generations must keep to, as tests: the forms in memory, in a folder and on a
// share are held to the same suite, with each fault twice: not done, and done but reported failed.
package witnesstest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"siteswap/witness"
)

// Run holds a store to the contract. Each test gets an empty one.
func Run(t *testing.T, newStore func(t *testing.T) witness.Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, witness.Store)
	}{
		{"FirstWins", firstWins},
		{"AgainIsDone", again},
		{"NoGap", noGap},
		{"ManyAtOnce", many},
		{"Torn", torn},
		{"NotDone", notDone},
		{"DoneButReportedFailed", doneButFailed},
		{"Unreadable", unreadable},
		{"LostToAnother", lostToAnother},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newStore(t)) })
	}
}

func claim(t *testing.T, s witness.Store, generation uint64, token witness.Token, want witness.Result) witness.Claimed {
	t.Helper()
	got := witness.NewRegister(s).Claim(context.Background(), generation, token)
	if got.Result != want {
		t.Fatalf("claim of %d for %s: %+v, want %s", generation, token, got, want)
	}
	if got.Result != witness.Done && got.Why == "" {
		t.Errorf("claim of %d for %s: %s without a reason", generation, token, got.Result)
	}
	return got
}

func holder(t *testing.T, s witness.Store, generation uint64, want witness.Token) {
	t.Helper()
	got, err := witness.NewRegister(s).Holder(context.Background(), generation)
	if err != nil || got != want {
		t.Errorf("generation %d is held by %q (%v), want %q", generation, got, err, want)
	}
}

func firstWins(t *testing.T, s witness.Store) {
	if _, err := witness.NewRegister(s).Holder(context.Background(), 1); !errors.Is(err, witness.ErrAbsent) {
		t.Fatalf("an empty register: %v", err)
	}
	claim(t, s, 1, "a", witness.Done)
	if got := claim(t, s, 1, "b", witness.Failed); got.Holder != "a" {
		t.Errorf("the loser is told of %q", got.Holder)
	}
	holder(t, s, 1, "a")
	claim(t, s, 2, "b", witness.Done)
	holder(t, s, 2, "b")
}

func again(t *testing.T, s witness.Store) {
	claim(t, s, 1, "a", witness.Done)
	claim(t, s, 1, "a", witness.Done)
	holder(t, s, 1, "a")
}

func noGap(t *testing.T, s witness.Store) {
	claim(t, s, 1, "a", witness.Done)
	claim(t, s, 3, "a", witness.Failed)
	claim(t, s, 0, "a", witness.Failed)
	claim(t, s, 2, "", witness.Failed)
	claim(t, s, 2, "two words", witness.Failed)
	if _, err := witness.NewRegister(s).Holder(context.Background(), 3); !errors.Is(err, witness.ErrAbsent) {
		t.Errorf("generation 3: %v", err)
	}
}

func many(t *testing.T, s witness.Store) {
	results := make([]witness.Claimed, 8)
	var wait sync.WaitGroup
	for i := range results {
		wait.Go(func() {
			results[i] = witness.NewRegister(s).Claim(context.Background(), 1, witness.Token(rune('a'+i)))
		})
	}
	wait.Wait()
	won := ""
	for i, r := range results {
		switch r.Result {
		case witness.Done:
			if won != "" {
				t.Errorf("%c and %s both hold generation 1", 'a'+i, won)
			}
			won = string(rune('a' + i))
		case witness.Unknown: // it looked between the creation and the writing of another
			if got := witness.NewRegister(s).Claim(context.Background(), 1, witness.Token(rune('a'+i))); got.Result != witness.Failed {
				t.Errorf("%c, claimed again: %+v", 'a'+i, got)
			}
		}
	}
	if won == "" {
		t.Fatalf("nobody holds generation 1: %+v", results)
	}
	holder(t, s, 1, witness.Token(won))
}

// torn: a claimant that died between making the file and writing it. Nobody is told that it holds the generation.
func torn(t *testing.T, s witness.Store) {
	if err := s.Create(context.Background(), "gen-1", nil); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, s, 1, "a", witness.Unknown); !strings.Contains(got.Why, "remove the file") {
		t.Errorf("it does not say what to do: %s", got.Why)
	}
}

var errInjected = errors.New("injected")

// faulty fails where it is told, before or after the store did its work.
type faulty struct {
	witness.Store
	before, after, read bool
}

func (f *faulty) Create(ctx context.Context, name string, content []byte) error {
	if f.before {
		return errInjected
	}
	err := f.Store.Create(ctx, name, content)
	if f.after {
		return errInjected
	}
	return err
}

func (f *faulty) Read(ctx context.Context, name string) ([]byte, error) {
	if f.read {
		return nil, errInjected
	}
	return f.Store.Read(ctx, name)
}

func notDone(t *testing.T, s witness.Store) {
	f := &faulty{Store: s, before: true}
	claim(t, f, 1, "a", witness.Unknown)
	f.before = false
	claim(t, f, 1, "a", witness.Done)
	holder(t, s, 1, "a")
}

func doneButFailed(t *testing.T, s witness.Store) {
	claim(t, &faulty{Store: s, after: true}, 1, "a", witness.Done)
	claim(t, s, 1, "a", witness.Done)
	claim(t, s, 1, "b", witness.Failed)
}

// unreadable: the file was made, and nobody can say so; claimed again with the same token it is Done.
func unreadable(t *testing.T, s witness.Store) {
	f := &faulty{Store: s, read: true}
	claim(t, f, 1, "a", witness.Unknown)
	claim(t, f, 2, "a", witness.Unknown)
	f.read = false
	claim(t, f, 1, "a", witness.Done)
	if _, err := witness.NewRegister(s).Holder(context.Background(), 2); !errors.Is(err, witness.ErrAbsent) {
		t.Errorf("generation 2 was claimed although 1 could not be read: %v", err)
	}
}

func lostToAnother(t *testing.T, s witness.Store) {
	claim(t, s, 1, "b", witness.Done)
	claim(t, &faulty{Store: s, before: true}, 1, "a", witness.Failed)
	claim(t, &faulty{Store: s, after: true}, 1, "a", witness.Failed)
	holder(t, s, 1, "b")
}
