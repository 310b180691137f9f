package mail_test

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/network"
)

// The ports and intervals of the rig.
const (
	frontPort = 4430
	storePort = 4750
	patient   = 8 * time.Second
	shortly   = 30 * time.Millisecond
)

var places = []string{"outside", "Prod", "DR"}

// sites are where the servers of the rig stand, by index of place.
var sites = map[string]int{"EX1": 1, "EX2": 1, "EX3": 2}

// rig is the reference design with one database, DB1, and a model that ships every log at once where it can.
type rig struct {
	t      *testing.T
	net    *network.Fabric
	ledger *mail.Ledger
	store  *mail.LedgerStore
	vip    *mail.VIP
	fronts map[string]*mail.Front

	mu      sync.Mutex
	mounted string
	gen     map[string]int64 // last generation by copy
	ship    bool
	alone   bool
	dead    map[string]bool // fronts that do not run
	answers []string        // of the name
	asked   func()          // after a front's next question where the database is mounted
}

func newRig(t *testing.T) *rig {
	t.Helper()
	base, release, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	r := &rig{t: t, net: network.New(base, places), ledger: mail.NewLedger(sites), mounted: "EX1", gen: map[string]int64{}, ship: true,
		dead: map[string]bool{}, fronts: map[string]*mail.Front{}}
	r.ledger.AddDatabase("DB1", "EX1", "EX2", "EX3")
	r.store = mail.NewStore(mail.StoreOptions{Ledger: r.ledger, Write: r.write,
		Mounted: func(server, db string) bool {
			on, _ := r.MountedOn(db)
			return on == server && r.net.Powered(r.addr(server))
		},
		Away: func(server, db string) bool {
			on, _ := r.MountedOn(db)
			return on != server && r.net.Powered(r.addr(server))
		},
		Alone:     func(string) bool { r.mu.Lock(); defer r.mu.Unlock(); return r.alone },
		Dumpsters: r.dumpsters})
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		all.Wait()
		r.net.Close()
		release()
	})
	for s := range sites {
		f := mail.NewFront(mail.FrontOptions{Server: s, Directory: activeManager{r}, Timeout: patient,
			Up: func() bool { r.mu.Lock(); defer r.mu.Unlock(); return !r.dead[s] },
			DialStore: func(ctx context.Context, to string) (net.Conn, error) {
				return network.Dialer(r.addr(s)).DialContext(ctx, "tcp", netip.AddrPortFrom(r.addr(to), storePort).String())
			}})
		r.fronts[s] = f
		fl, sl := r.listen(r.addr(s), frontPort), r.listen(r.addr(s), storePort)
		all.Go(func() { f.Serve(ctx, fl) })
		all.Go(func() { mail.NewStoreServer(s, r.store, patient).Serve(ctx, sl) })
	}
	r.vip = mail.NewVIP(mail.VIPOptions{HealthEvery: shortly, HealthTimeout: patient / 2, DrainTime: shortly, Fall: 2,
		Backends: []mail.Backend{{Server: "EX1", Address: r.front("EX1")}, {Server: "EX2", Address: r.front("EX2")}},
		Dial: func(ctx context.Context, to string) (net.Conn, error) {
			return network.Dialer(r.addr("VIP")).DialContext(ctx, "tcp", to)
		}})
	vl := []net.Listener{r.listen(r.addr("VIP"), frontPort), r.listen(r.addr("PUBLIC"), frontPort)}
	all.Go(func() { r.vip.Serve(ctx, vl...) })
	r.answers = []string{r.addr("VIP").String()}
	return r
}

func (r *rig) listen(host netip.Addr, port uint16) net.Listener {
	r.t.Helper()
	l, err := r.net.Listen(netip.AddrPortFrom(host, port))
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

// addr is the address of a host of the rig.
func (r *rig) addr(host string) netip.Addr {
	switch host {
	case "VIP":
		return r.net.Addr(1, 10)
	case "PUBLIC":
		return r.net.Addr(1, 210)
	}
	return r.net.Addr(sites[host], 10+host[len(host)-1]-'0')
}

func (r *rig) front(server string) string {
	return netip.AddrPortFrom(r.addr(server), frontPort).String()
}

// activeManager is what the fronts ask.
type activeManager struct{ r *rig }

// MountedOn implements mail.Directory.
func (a activeManager) MountedOn(db string) (string, bool) {
	on, ok := a.r.MountedOn(db)
	a.r.mu.Lock()
	asked := a.r.asked
	a.r.asked = nil
	a.r.mu.Unlock()
	if asked != nil {
		asked()
	}
	return on, ok
}

// MountedOn is where the database is mounted now.
func (r *rig) MountedOn(string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mounted, r.mounted != ""
}

func (r *rig) write(server, db string, record func(int64) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mounted != server {
		return mail.ErrNotMounted
	}
	r.gen[server]++
	if err := record(r.gen[server]); err != nil {
		return err
	}
	r.shipLogs()
	return nil
}

// shipLogs copies what the mounted copy has; r.mu is held.
func (r *rig) shipLogs() {
	for _, s := range slices.Sorted(maps.Keys(sites)) {
		open := r.ship && r.net.Open(r.addr(r.mounted), r.addr(s)) || sites[s] == sites[r.mounted]
		if s != r.mounted && open && r.ledger.Copied("DB1", r.mounted, s, r.gen[r.mounted]) {
			r.gen[s] = r.gen[r.mounted]
		}
	}
}

func (r *rig) dumpsters(server, front string) []string {
	return mail.Dumpsters(mail.DumpsterOptions{Mounted: server, Front: front, Servers: []string{"EX1", "EX2", "EX3"},
		Site:      func(s string) int { return sites[s] },
		Reachable: func(a, b string) bool { return r.net.Open(r.addr(a), r.addr(b)) }})
}

// set changes the rig and lets those who wait look again.
func (r *rig) set(change func()) {
	r.mu.Lock()
	change()
	r.mu.Unlock()
	r.ledger.Wake()
}

// move mounts the database on another server with what its copy has.
func (r *rig) move(to string) {
	r.set(func() {
		r.mounted = to
		r.ledger.Activated("DB1", to, r.gen[to])
	})
}

// clients starts mail clients outside; they stop with the test or with stop.
func (r *rig) clients(n int, change func(*mail.ClientsOptions)) (c *mail.Clients, stop func()) {
	r.t.Helper()
	o := mail.ClientsOptions{Group: "outlook", Count: n, Targets: []mail.Target{{Name: "mail.test.local", Database: "DB1"}}, Port: frontPort,
		Local: func(i int) netip.Addr { return r.net.Addr(0, byte(100+i)) },
		Resolve: func(context.Context, string) ([]string, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return slices.Clone(r.answers), nil
		},
		Dial: func(ctx context.Context, local netip.Addr, to string) (net.Conn, error) {
			return network.Dialer(local).DialContext(ctx, "tcp", to)
		},
		Now: time.Now, Every: 5 * time.Millisecond, Timeout: patient / 2, Backoff: 5 * time.Millisecond, MaxBackoff: 20 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := mail.NewClients(o)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	r.t.Cleanup(stop)
	return c, stop
}

// until waits for a condition.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patient); !ok(); <-tick.C {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// more waits for some more acknowledged messages.
func (r *rig) more(c *mail.Clients, n int64) {
	r.t.Helper()
	want := c.Acknowledged("DB1") + n
	r.until("more messages", func() bool { return c.Acknowledged("DB1") >= want })
}

func (r *rig) pool(server string) mail.PoolMember {
	for _, m := range r.vip.Pool() {
		if m.Server == server {
			return m
		}
	}
	r.t.Fatalf("%s is not in the pool", server)
	return mail.PoolMember{}
}
