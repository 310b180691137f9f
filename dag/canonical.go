package dag

import (
	"crypto/sha256"
	"encoding/binary"
)

// Canonical is the state as bytes: equal for equal states, different for states that differ. It appends to b.
func (s *State) Canonical(b []byte) []byte {
	for i := range s.Sites {
		st := &s.Sites[i]
		b = append(b, flags(st.Power, st.Directory, st.Witness, st.Share, st.DirectoryHeld, st.WitnessHeld), st.Version, st.Wrote)
		b = binary.LittleEndian.AppendUint16(b, uint16(st.Started))
		b = binary.LittleEndian.AppendUint16(b, uint16(st.Stopped))
	}
	for i := range s.Cuts {
		b = append(b, flags(s.Cuts[i], s.Slow[i]))
	}
	for i := range s.Nodes {
		b = s.Nodes[i].canonical(b)
	}
	for i := range s.DBs {
		b = append(b, flags(s.DBs[i].Want))
	}
	for i := range s.Copies {
		c := &s.Copies[i]
		b = append(b, flags(c.Mounted, c.Blocked, c.Diverged))
		b = text(b, string(c.Status))
		b = binary.LittleEndian.AppendUint16(b, uint16(c.Forks))
		b = binary.AppendVarint(b, c.Logs)
		b = binary.AppendVarint(b, c.Known)
		b = binary.AppendVarint(b, c.Replay)
		b = text(b, string(c.Index))
	}
	b = append(b, s.Latest[0], s.Latest[1], s.Spare[0], s.Spare[1], byte(len(s.Progs)))
	for i := range s.Progs {
		b = s.Progs[i].canonical(b)
	}
	for i := range s.Points {
		b = binary.LittleEndian.AppendUint16(b, uint16(s.Points[i]))
	}
	for i := range s.InPool {
		b = append(b, flags(s.InPool[i]))
	}
	for i := range s.Routes {
		b = append(b, byte(s.Routes[i]))
	}
	return append(b, flags(s.PreferenceMoves))
}

func (n *NodeState) canonical(b []byte) []byte {
	b = append(b, flags(n.Up, n.Hung, n.Repl, n.Front, n.Learnt, n.Forced, n.Bit, n.WitnessSame),
		flags(n.MoveNow, n.Offline, n.Draining, n.DiskFull, n.SlowStart))
	for _, w := range [...]string{string(n.Power), string(n.Cluster), string(n.Start), string(n.Policy), string(n.Dial), string(n.Conf.Model), string(n.Conf.Witness)} {
		b = text(b, w)
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(n.View))
	b = append(b, flags(n.Conf.Present), n.Conf.Tag, byte(n.Conf.PAM), n.Conf.Spare)
	b = binary.LittleEndian.AppendUint16(b, uint16(n.Conf.Paused))
	b = binary.LittleEndian.AppendUint16(b, uint16(n.Conf.Nodes))
	b = binary.LittleEndian.AppendUint16(b, uint16(n.Conf.Weights))
	for _, a := range n.Conf.Active {
		b = append(b, byte(a))
	}
	return b
}

func (p *Prog) canonical(b []byte) []byte {
	o := &p.Op
	b = append(b, p.ID, p.PC, byte(p.Node), byte(o.Kind), byte(o.From), byte(o.Site), byte(o.Member), byte(o.Name), byte(o.Server),
		flags(o.ConfigurationOnly, o.Force, o.On, o.SkipHealth, o.SkipLag, o.SkipCatalog, o.SkipActive, o.SkipMaxActive),
		flags(o.CatalogOnly), o.Spare, byte(o.Component))
	b = binary.LittleEndian.AppendUint16(b, uint16(o.Members))
	b = binary.LittleEndian.AppendUint16(b, uint16(o.Sites))
	b = binary.LittleEndian.AppendUint16(b, uint16(o.Database))
	for _, w := range [...]string{string(o.Witness), string(o.Replace), string(o.Model), string(o.Dial), string(o.Policy), string(o.Power), string(p.Answer.Code), p.Answer.Subject} {
		b = text(b, w)
	}
	b = append(b, byte(len(p.Answer.Warnings)))
	for _, w := range p.Answer.Warnings {
		b = text(text(b, string(w.Code)), w.Subject)
	}
	return b
}

// Hash is 128 bits of SHA-256 over the canonical bytes: with 10^9 states a collision is less likely than 10^-20.
func (s *State) Hash() [16]byte {
	var small [1024]byte
	b := small[:0]
	if size := 256 + len(s.Nodes)*(128+len(s.DBs)) + len(s.Copies)*32; size > len(small) {
		b = make([]byte, 0, size)
	}
	sum := sha256.Sum256(s.Canonical(b))
	return [16]byte(sum[:16])
}

func flags(bits ...bool) byte {
	var b byte
	for i, on := range bits {
		if on {
			b |= 1 << i
		}
	}
	return b
}

func text(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }
