package runbooks

import (
	"slices"
	"strings"
	"sync"
)

// Kinds are all kinds of steps, by name.
func Kinds() []Kind {
	ks := slices.Concat(peopleKinds(), fenceKinds(), dagKinds(), clusterKinds(), databaseKinds(), copyKinds(), policyKinds(),
		dnsKinds(), vipKinds(), umKinds(), serverKinds())
	slices.SortFunc(ks, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return ks
}

// KindOf is the kind of that name.
func KindOf(name string) (Kind, bool) {
	k, ok := kindIndex()[name]
	if !ok {
		return Kind{}, false
	}
	return *k, true
}

// kindIndex is Kinds by name, made once: a decision asks it for every step. Nobody may change what it holds.
var kindIndex = sync.OnceValue(func() map[string]*Kind {
	ks := Kinds()
	index := make(map[string]*Kind, len(ks))
	for i := range ks {
		index[ks[i].Name] = &ks[i]
	}
	return index
})

// kindNames are the names of all kinds.
func kindNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}
