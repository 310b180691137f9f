package dag

import "slices"

// Abstract makes the number of states finite: of every database it keeps the order of the log generations that its copies
// hold or know of, and how far apart neighbours are, up to the distance at which no mount dial tells more from less. Any two
// generations are as far apart as before if that is within a dial, and beyond every dial if they were: in sync, at most 6, at
// most 12, beyond, and unknown stay what they are between every pair of copies. It commutes with Apply of everything
// but a write to a copy that is beyond every dial behind another (a test shows it). Where a log volume can fill (Member.LogSpace)
// or a copy lags, distances count that it does not keep: such topologies are not searched this way.
func Abstract(t *Topology, s State) State {
	c := s.Clone()
	for d := range t.Databases {
		points := make([]int64, 0, 16)
		for i := range t.Databases[d].Copies {
			cp := c.Copy(d, i)
			points = append(points, cp.Logs)
			if cp.missing() < UnknownQueue {
				points = append(points, cp.Known)
			}
		}
		slices.Sort(points)
		for i := range t.Databases[d].Copies {
			cp := c.Copy(d, i)
			cp.Replay = min(cp.Replay, longReplay+1)
			unknown := cp.missing() >= UnknownQueue
			cp.Logs = closeUp(points, cp.Logs)
			if cp.Known = cp.Logs + UnknownQueue; !unknown {
				cp.Known = closeUp(points, s.Copy(d, i).Known)
			}
		}
	}
	return c
}

// beyond is the smallest number of logs that no dial but BestEffort tolerates.
const beyond = 13

// closeUp is where a point comes to lie when no two neighbours are further apart than beyond and the first lies at 0.
func closeUp(points []int64, p int64) int64 {
	at := int64(0)
	for i := 1; i < len(points) && points[i] <= p; i++ {
		at += min(points[i]-points[i-1], beyond)
	}
	return at
}
