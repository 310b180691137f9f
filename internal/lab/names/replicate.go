package names

import (
	"maps"
	"slices"
)

const byReplication = "replication"

// Replicate copies from one server to another every name whose stamp there is newer, in each zone that both hold, and gives
// the names that changed. One direction: the directories say who pulls from whom, and when. SOA and serial stay each
// server's own.
func Replicate(from, to *Server) []string {
	if from == to {
		return nil
	}
	var changed []string
	for zoneName, nodes := range from.copyNodes() {
		changed = append(changed, to.merge(zoneName, nodes)...)
	}
	slices.Sort(changed)
	return changed
}

// copyNodes takes one lock at a time: two servers that pull from each other must not wait for each other.
func (s *Server) copyNodes() map[string]map[string]*node {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]map[string]*node, len(s.zones))
	for name, z := range s.zones {
		nodes := make(map[string]*node, len(z.nodes))
		for at, n := range z.nodes {
			nodes[at] = n.clone()
		}
		out[name] = nodes
	}
	return out
}

func (s *Server) merge(zoneName string, nodes map[string]*node) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zones[zoneName]
	if z == nil {
		return nil
	}
	maps.DeleteFunc(nodes, func(name string, n *node) bool {
		have := z.nodes[name]
		return have != nil && !n.stamp.After(have.stamp)
	})
	serial := z.soa.Serial
	before := z.snapshot(slices.Sorted(maps.Keys(nodes)))
	maps.Copy(z.nodes, nodes)
	return s.commit(z, before, serial, byReplication)
}
