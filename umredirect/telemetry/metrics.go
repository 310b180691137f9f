package telemetry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"siteswap/umredirect"
	"siteswap/umredirect/health"
)

// bounds are the upper bounds of the time that an answer takes, in seconds.
var bounds = [...]float64{5e-6, 10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 5e-3, 20e-3}

// Source is the redirector that the figures are of.
type Source struct {
	Status  func() umredirect.Status
	Traffic func() Traffic
}

// Traffic is what went over the sockets so far.
type Traffic struct {
	Fast                         map[string]uint64 // plain calls, by the first target of their 302
	ACKs, Unsent                 uint64
	Strangers, Blocked, Scanners uint64 // that got silence
	Dropped                      uint64 // datagrams that found no room in a receive buffer
}

// figures is a Prometheus collector: everything is read when somebody asks.
type figures struct {
	book *Book
	from Source

	calls, seconds, unlined, canRoute, leaving, generation, site  *prometheus.Desc
	up, known, alarms, silent, acks, unsent, mirrored, lostCopies *prometheus.Desc
}

// Collector gives the figures of a redirector and its calls.
func Collector(b *Book, from Source) prometheus.Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("siteswap_um_"+name, help, labels, nil)
	}
	return &figures{book: b, from: from,
		calls:      d("calls_total", "INVITEs answered, by status and by the first target of a 302. path=fast: plain ones.", "status", "target", "path"),
		seconds:    d("answer_seconds", "Time from a request to its answer, of the INVITEs that were looked at."),
		unlined:    d("calls_without_line", "Calls of this second that got no log line."),
		canRoute:   d("can_route", "1 while OPTIONS is answered 200."),
		leaving:    d("leaving", "1 while the redirector is about to end."),
		generation: d("generation", "Of the setting in force; the newest wins."),
		site:       d("active_site", "1 for the site that current mailboxes are sent to.", "site"),
		up:         d("target_up", "1 while calls are sent to the target, 0 while it is dead.", "target", "kind"),
		known:      d("target_known", "1 once it is known how the target is.", "target", "kind"),
		alarms:     d("alarms", "What costs calls or will, now.", "name"),
		silent:     d("silent_total", "Datagrams and connections that got silence.", "why"),
		acks:       d("acks_total", "ACKs swallowed."),
		unsent:     d("unsent_total", "Answers that the system refused to send."),
		mirrored:   d("homer_sent_total", "Messages copied to Homer."),
		lostCopies: d("homer_dropped_total", "Copies for Homer that were dropped."),
	}
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, ch) }

// Collect implements prometheus.Collector.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	f.collectCalls(ch)
	st, tr := f.from.Status(), f.from.Traffic()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	for target, n := range tr.Fast {
		counter(f.calls, n, "302", target, "fast")
	}
	gauge(f.canRoute, number(st.CanRoute))
	gauge(f.leaving, number(st.Leaving))
	gauge(f.generation, float64(st.Generation))
	gauge(f.site, 1, st.Site)
	for _, h := range st.Health {
		kind := "current"
		if h.Legacy {
			kind = "legacy"
		}
		gauge(f.up, number(!h.Dead), h.Target.String(), kind)
		gauge(f.known, number(h.State != health.Unknown), h.Target.String(), kind)
	}
	count := map[string]int{health.LegacyUM: 0, health.CurrentUM: 0}
	for _, a := range st.Alarms {
		count[a.Name]++
	}
	for name, n := range count {
		gauge(f.alarms, float64(n), name)
	}
	counter(f.silent, tr.Strangers, "stranger")
	counter(f.silent, tr.Blocked, "limit")
	counter(f.silent, tr.Scanners, "scanner")
	counter(f.silent, tr.Dropped, "buffer")
	counter(f.acks, tr.ACKs)
	counter(f.unsent, tr.Unsent)
	if m := f.book.o.Mirror; m != nil {
		sent, dropped := m.Counts()
		counter(f.mirrored, sent)
		counter(f.lostCopies, dropped)
	}
}

func (f *figures) collectCalls(ch chan<- prometheus.Metric) {
	b := f.book
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, n := range b.counts {
		ch <- prometheus.MustNewConstMetric(f.calls, prometheus.CounterValue, float64(n), strconv.Itoa(k.status), k.target, "slow")
	}
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, n := range b.seconds {
		if total += n; i < len(bounds) {
			buckets[bounds[i]] = total
		}
	}
	ch <- prometheus.MustNewConstHistogram(f.seconds, total, b.sum.Seconds(), buckets)
	ch <- prometheus.MustNewConstMetric(f.unlined, prometheus.GaugeValue, float64(b.skipped.Load()))
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
