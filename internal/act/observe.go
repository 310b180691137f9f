package act

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/vip"
	"siteswap/witness"
)

// Observe reads everything that a decision may need, all places at once. It never fails: what cannot be seen is unknown, and
// says why. The directory of the vantage site is preferred for what any directory could tell.
func (w *World) Observe(ctx context.Context, vantage int) dag.Facts {
	t := w.o.Topology
	f := dag.Facts{
		Sites: make([]dag.SiteFacts, len(t.Sites)), Members: make([]dag.MemberFacts, len(t.Members)),
		Databases: make([]dag.DatabaseFacts, len(t.Databases)), Redirector: make([]dag.RedirectorFacts, len(t.Redirectors)),
	}
	for d := range f.Databases {
		f.Databases[d].Copies = make([]dag.CopyFacts, len(t.Databases[d].Copies))
	}
	powers := w.readPower(ctx)
	var all sync.WaitGroup
	reads := make([]memberRead, len(t.Members))
	for m := range t.Members {
		all.Go(func() { reads[m] = w.readMember(ctx, m, powers[m]) })
	}
	all.Go(func() { f.DNS = w.readDNS(ctx) })
	all.Go(func() { f.Resolvers = w.readResolvers(ctx) })
	for i := range t.Redirectors {
		all.Go(func() { f.Redirector[i] = w.readRedirector(ctx, i) })
	}
	for i := range t.Sites {
		all.Go(func() { w.readSite(ctx, i, &f.Sites[i]) })
	}
	all.Wait()
	for m := range reads {
		f.Members[m] = reads[m].member
		w.placeCopies(m, &reads[m], &f)
	}
	w.readDirectories(ctx, vantage, &f)
	w.placeDatabases(reads, &f)
	return f
}

func (w *World) readPower(ctx context.Context) []dag.Fact[dag.Power] {
	out := make([]dag.Fact[dag.Power], len(w.o.Topology.Members))
	from := "power control"
	var read map[string]dag.Power
	why := "there is no power control in the site file"
	if w.o.Power != nil {
		from += " " + w.o.Power.Address
		c, cancel := context.WithTimeout(ctx, w.patience(10*time.Second, time.Second))
		defer cancel()
		var err error
		if read, err = w.o.Power.Read(c); err != nil {
			why = err.Error()
		} else {
			why = "the power control does not list it"
		}
	}
	for m := range out {
		out[m] = dag.Unknown[dag.Power](from, why)
		switch p := read[w.o.Topology.Members[m].Name]; p {
		case dag.PowerOn, dag.PowerOff, dag.HeldOff:
			out[m] = dag.Know(p, from)
		case "":
		default: // what is not understood is no evidence
			out[m] = dag.Unknown[dag.Power](from, fmt.Sprintf("it reads %q, which is none of on, off, held-off", p))
		}
	}
	return out
}

// readDNS asks every server; one that was silent a moment ago is not asked again.
func (w *World) readDNS(ctx context.Context) []dag.DNSFacts {
	t := w.o.Topology
	out := make([]dag.DNSFacts, len(t.DNSServers)*len(t.Names))
	var all sync.WaitGroup
	for i, srv := range w.o.DNS.Servers() {
		all.Go(func() { w.readServer(ctx, i, srv, out[i*len(t.Names):(i+1)*len(t.Names)]) })
	}
	all.Wait()
	return out
}

func (w *World) readServer(ctx context.Context, i int, srv dnsupdate.Server, out []dag.DNSFacts) {
	t := w.o.Topology
	key := "dns " + srv.Address
	if age, silent := w.silence.skip(key, func() bool { return w.asksDNS(srv, 0) }); silent {
		for n := range out {
			out[n] = unknownDNS(srv.Address, "no answer", age)
		}
		return
	}
	for n := range t.Names {
		if !t.DNSServers[i].Holds(&t.Names[n]) {
			out[n] = unknownDNS(srv.Address, "it is not listed for this name", 0)
			continue
		}
		a, err := w.o.DNS.Query(ctx, srv, t.Names[n].Name)
		w.noteDNS(key, err)
		if err != nil {
			for k := n; k < len(out); k++ {
				out[k] = unknownDNS(srv.Address, err.Error(), 0)
			}
			return
		}
		out[n] = dag.DNSFacts{Answers: dag.Know(a.Own(), srv.Address), Sites: dag.Know(t.SiteNames(t.Names[n].Leads(a.Own())), srv.Address),
			TTL: dag.Know(time.Duration(float64(a.TTL)*w.o.Scale), srv.Address)}
	}
	for n, f := range w.readRights(ctx, i, srv) {
		out[n].Takes = f
	}
}

func unknownDNS(from, why string, age time.Duration) dag.DNSFacts {
	f := dag.DNSFacts{Answers: dag.Unknown[[]string](from, why), TTL: dag.Unknown[time.Duration](from, why), Sites: dag.Unknown[[]string](from, why)}
	f.Answers.Age, f.TTL.Age, f.Sites.Age = age, age, age
	return f
}

func (w *World) readRedirector(ctx context.Context, i int) dag.RedirectorFacts {
	listen := w.o.Topology.Redirectors[i].Listen
	key := "um " + listen
	if age, silent := w.silence.skip(key, func() bool { return w.asksRedirector(i) }); silent {
		f := dag.RedirectorFacts{Answers: dag.Know(false, listen), Site: dag.Unknown[string](listen, "no answer")}
		f.Answers.Age = age
		return f
	}
	c, cancel := context.WithTimeout(ctx, w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	st, err := w.o.Redirectors[i].State(c)
	w.silence.note(key, err == nil)
	if err != nil {
		return dag.RedirectorFacts{Answers: dag.Know(false, listen), Site: dag.Unknown[string](listen, err.Error())}
	}
	return dag.RedirectorFacts{Answers: dag.Know(true, listen), Site: dag.Know(st.Site, listen)}
}

// readSite asks what stands in a site besides its members: domain controllers, witness, load balancer.
func (w *World) readSite(ctx context.Context, i int, f *dag.SiteFacts) {
	t := w.o.Topology
	name := t.Sites[i].Name
	f.Started, f.Stopped = dag.Unknown[[]string](name, "not read"), dag.Unknown[[]string](name, "not read")
	f.Directory = dag.Know(false, "no domain controller in "+name)
	for _, address := range w.o.Directories[i] {
		if st := w.probe(ctx, witness.Target{Server: "domain controller of " + name, Address: address}); st.Usable {
			f.Directory = dag.Know(true, address)
			break
		} else {
			f.Directory = dag.Know(false, address+": "+st.Why)
		}
	}
	f.Witness = dag.Know(false, "no witness server in "+name)
	for _, p := range w.o.Witnesses {
		if p.Site == i {
			var st witness.State
			var age time.Duration
			if p.Target.SMB != nil {
				st, age = w.askShare(ctx, p.Target)
			} else {
				st = w.probe(ctx, p.Target)
			}
			f.Witness = dag.Know(st.Usable, p.Target.Server)
			f.Witness.Age = age
			if !st.Usable {
				f.Witness.Why = st.Why
			}
		}
	}
	w.readPool(ctx, i, f)
}

func (w *World) readPool(ctx context.Context, i int, f *dag.SiteFacts) {
	t := w.o.Topology
	f.VIP = dag.Know(false, "no load balancer in "+t.Sites[i].Name)
	pool := w.o.Pools[i]
	unknown := func(why string) {
		f.VIP = dag.Know(false, t.Sites[i].VIP)
		for range t.Sites[i].Pool {
			f.Pool = append(f.Pool, dag.PoolFact{Enabled: dag.Unknown[bool](t.Sites[i].VIP, why), Healthy: dag.Unknown[bool](t.Sites[i].VIP, why)})
		}
	}
	if pool == nil {
		unknown("it has no control in the site file")
		return
	}
	key := "vip " + pool.Control
	if _, silent := w.silence.skip(key, func() bool { return w.asksPool(pool) }); silent {
		unknown("no answer")
		return
	}
	c, cancel := context.WithTimeout(ctx, w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	members, err := pool.Members(c)
	w.silence.note(key, !errors.Is(err, vip.ErrNoAnswer))
	if err != nil {
		unknown(err.Error())
		return
	}
	f.VIP = dag.Know(true, pool.Control)
	for _, m := range t.Sites[i].Pool {
		pf := dag.PoolFact{Enabled: dag.Unknown[bool](pool.Control, "it is not in the pool"), Healthy: dag.Unknown[bool](pool.Control, "it is not in the pool")}
		for _, pm := range members {
			if pm.Server == t.Members[m].Name {
				pf = dag.PoolFact{Enabled: dag.Know(pm.Enabled, pool.Control), Healthy: dag.Know(pm.Healthy, pool.Control)}
			}
		}
		f.Pool = append(f.Pool, pf)
	}
}

// probe asks a share or a directory whether it answers.
func (w *World) probe(ctx context.Context, target witness.Target) witness.State {
	key := "probe " + target.Address
	again := func() bool {
		return witness.Probe(context.Background(), dialer(w.o.Dial), target, w.patience(5*time.Second, 700*time.Millisecond)).Usable
	}
	if _, silent := w.silence.skip(key, again); silent {
		return witness.State{Why: "no answer"}
	}
	st := witness.Probe(ctx, dialer(w.o.Dial), target, w.patience(5*time.Second, 700*time.Millisecond))
	w.silence.note(key, st.Usable)
	return st
}

// answersHealth asks a client-access front for its health.
func (w *World) answersHealth(ctx context.Context, address string) bool {
	c, cancel := context.WithTimeout(ctx, w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	conn, err := w.o.Dial(c, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	deadline, _ := c.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	if _, err := fmt.Fprint(conn, "HEALTH\n"); err != nil {
		return false
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "OK")
}
