package act_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/power"
	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/runbooks"
	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
	"siteswap/witness"
)

// busy is how long a machine may be too busy to answer within the short patience that the drivers have at this speed.
const busy = 15 * time.Second

// rig is the emulated pair of sites, two redirectors, and the drivers as the program wires them.
type rig struct {
	testing.TB
	lab         *lab.Lab
	o           lab.Options
	topology    *dag.Topology
	redirectors []*umredirecttest.Redirector
	dialed      func(address string) // told of every connection that a driver asks for; may be nil
}

func newRig(t testing.TB, change func(*lab.Options)) *rig {
	t.Helper()
	r := &rig{TB: t}
	for range 2 {
		r.redirectors = append(r.redirectors, umredirecttest.Start(t, umredirect.Options{Table: table(t), First: umredirect.Setting{Site: "Prod"}}))
	}
	r.lab, r.o = labtest.Start(t, func(o *lab.Options) {
		for site, one := range r.redirectors {
			control := netip.MustParseAddrPort(one.Remote.URL[len("http://"):])
			o.Redirectors = append(o.Redirectors, labtest.Redirector(o.Base, site, one.UDP, one.TCP, control))
		}
		if change != nil {
			change(o)
		}
	})
	r.topology = r.o.Topology
	return r
}

// table sends the calls of current mailboxes to a server of the active site.
func table(t testing.TB) *umredirect.Table {
	t.Helper()
	to := func(host string) []umredirect.Target {
		return []umredirect.Target{{Host: host, Port: labtest.SIPPort, Transport: "tcp", Q: 1}}
	}
	table, err := umredirect.NewTable(umredirect.TableOptions{
		DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{"Prod": to("ex2010-1.test.local"), "DR": to("ex2010-3.test.local")}}},
		Mailboxes: []umredirect.Mailbox{{Extension: "1002", DialPlan: "HQ", Home: umredirect.HomeCurrent}}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// world are the drivers of a controller in a site, wired as cmd/siteswap does. Every world begins without memory of silence.
func (r *rig) world(site int) *act.World {
	r.Helper()
	plain := lab.Dialer(labtest.Address(r.o.Base, site, 20))
	from := func(ctx context.Context, network, address string) (net.Conn, error) {
		if r.dialed != nil {
			r.dialed(address)
		}
		return plain(ctx, network, address)
	}
	web := &http.Client{Transport: &http.Transport{DialContext: from, DisableKeepAlives: true}}
	ports := map[string]string{}
	o := act.Options{Topology: r.topology, Scale: r.o.Speed, Dial: from, FrontPort: strconv.Itoa(lab.FrontPort), DNS: r.dns(from),
		Power: &power.Control{Address: r.o.Power.String(), HTTP: web}, Pools: make([]*vip.Pool, len(r.topology.Sites)),
		Directories: make([][]string, len(r.topology.Sites)), UM: make([]string, len(r.topology.Members))}
	for _, s := range r.o.Servers {
		ports[s.FQDN] = labtest.At(s.Address, labtest.ExchangePort)
		o.Fronts = append(o.Fronts, labtest.At(s.Address, lab.FrontPort))
	}
	o.Exchange = &exchange.Client{Transport: exchange.NewHTTPTransport(exchange.HTTPOptions{Address: func(server string) string { return ports[server] },
		Dial: from, Connect: 700 * time.Millisecond, Read: 2 * time.Second, Act: 5 * time.Second})}
	for _, v := range r.o.VIPs {
		if len(v.Pool) > 0 {
			o.Pools[v.Site] = &vip.Pool{Control: v.Control.String(), HTTP: web}
		}
	}
	for _, d := range r.o.Directories {
		o.Directories[d.Site] = append(o.Directories[d.Site], d.Probe.String())
	}
	for _, w := range r.o.Witnesses {
		o.Witnesses = append(o.Witnesses, act.WitnessProbe{Site: w.Site, Target: witness.Target{Server: w.Server, Address: w.Share.String()}})
	}
	for _, red := range r.o.Redirectors {
		o.Redirectors = append(o.Redirectors, &umredirect.Remote{URL: "http://" + red.Control.String(), HTTP: web})
	}
	return act.New(o)
}

func (r *rig) dns(from func(context.Context, string, string) (net.Conn, error)) *dnsupdate.Client {
	r.Helper()
	key, err := dnsupdate.ParseKey([]byte(`key "siteswap." { algorithm hmac-sha256; secret "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="; };`))
	if err != nil {
		r.Fatal(err)
	}
	o := dnsupdate.Options{Dialer: from, Timeout: 700 * time.Millisecond}
	for _, s := range r.topology.DNSServers {
		o.Servers = append(o.Servers, dnsupdate.Server{Address: s.Address, Site: r.topology.Sites[s.Site].Name, TSIG: key})
	}
	c, err := dnsupdate.NewClient(o)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// freeze keeps everything from happening by itself until thaw.
func (r *rig) freeze() { r.lab.World().Hold(func(dag.Event) bool { return true }) }
func (r *rig) thaw()   { r.lab.World().Hold(nil) }

// rest waits until nothing is left that the world would do by itself. Moves home come within the hour.
func (r *rig) rest() {
	r.Helper()
	labtest.Await(r, r.lab.World(), "rest", func(s *dag.State) bool {
		return !slices.ContainsFunc(dag.Pending(r.topology, s), func(e dag.Event) bool { return e.Kind != dag.EvHome })
	})
}

func (r *rig) do(op dag.Op) { r.Helper(); labtest.Do(r, r.lab.World(), op) }

func (r *rig) state() dag.State { return r.lab.World().Snapshot() }

// permit is the authority to act, valid for a while.
func permit(step string, valid time.Duration) run.Permit {
	return run.NewPermit(run.IntentRef{Index: 7, Term: 2, Generation: 1, Run: "r-test", Step: step, Attempt: 1, PlanHash: "sha256:0"}, time.Now(), valid)
}

func step(kind string, with runbooks.Args) runbooks.Step {
	return runbooks.Step{ID: kind, Kind: kind, With: with}
}

func fatalf(t testing.TB, e run.Effect, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s: %s, error %q, cure %q, calls %+v", fmt.Sprintf(format, args...), e.State, e.Error, e.Cure, e.Calls)
}

// restPool waits until the load balancer's health checks agree with the model.
func (r *rig) restPool() {
	r.Helper()
	w := r.world(labtest.Prod)
	deadline := time.Now().Add(10 * time.Second)
	for {
		got, s := w.Observe(context.Background(), labtest.Prod), r.state()
		want := dag.Observe(r.topology, &s, labtest.Prod)
		same := true
		for i := range want.Sites[labtest.Prod].Pool {
			same = same && got.Sites[labtest.Prod].Pool[i].Healthy.Value == want.Sites[labtest.Prod].Pool[i].Healthy.Value
		}
		if same {
			return
		}
		if time.Now().After(deadline) {
			r.Fatal("the load balancer's health checks do not see what the model says")
		}
	}
}
