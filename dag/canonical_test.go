package dag_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"siteswap/dag"
)

// crowded is a state in which every slice has elements.
func crowded(topo *dag.Topology) dag.State {
	s := dag.New(topo)
	for range 2 {
		s.Step(topo, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}})
	}
	s.Step(topo, dag.Event{Kind: dag.EvSite})
	s.Step(topo, dag.Event{Kind: dag.EvStep, N: 1})
	return s
}

// TestCanonicalDistinguishes: a change of any field of any element changes the bytes, and a clone shares none of them.
func TestCanonicalDistinguishes(t *testing.T) {
	s := crowded(reference())
	if len(s.Progs) != 2 || len(s.Progs[1].Answer.Warnings) == 0 {
		t.Fatalf("the state is not crowded: %+v", s.Progs)
	}
	before := s.Canonical(nil)
	n := 0
	leaves("State", reflect.ValueOf(&s).Elem(), func(path string, v reflect.Value) {
		n++
		kept := reflect.New(v.Type()).Elem()
		kept.Set(v)
		clone := s.Clone()
		change(v)
		if strings.HasSuffix(path, ".First") { // where a database's copies stand follows from the topology
			v.Set(kept)
			return
		}
		if bytes.Equal(before, s.Canonical(nil)) {
			t.Errorf("%s: a change does not show", path)
		}
		if !bytes.Equal(before, clone.Canonical(nil)) {
			t.Errorf("%s: a clone shares it", path)
		}
		v.Set(kept)
	})
	if n < 150 || !bytes.Equal(before, s.Canonical(nil)) {
		t.Fatalf("%d leaves", n)
	}
}

// leaves calls f for every settable value without parts.
func leaves(path string, v reflect.Value, f func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(path+"."+v.Type().Field(i).Name, v.Field(i), f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), f)
		}
	default:
		f(path, v)
	}
}

func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(v.Int() + 1)
	default:
		v.SetUint(v.Uint() + 1)
	}
}

// TestCanonicalAgrees: of two states that events lead to, bytes and hashes are equal if and only if the states are.
func TestCanonicalAgrees(t *testing.T) {
	topo := reference()
	rapid.Check(t, func(t *rapid.T) {
		a, b := dag.New(topo), dag.New(topo)
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			a.Step(topo, drawEvent(t, topo, &a))
			b.Step(topo, drawEvent(t, topo, &b))
		}
		same := cmp.Equal(a, b, equal...)
		if same != bytes.Equal(a.Canonical(nil), b.Canonical(nil)) || same != (a.Hash() == b.Hash()) {
			t.Fatalf("same is %v:\n%s", same, cmp.Diff(a, b, equal...))
		}
	})
}
