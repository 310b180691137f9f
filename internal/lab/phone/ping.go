package phone

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// pingAll asks every redirector once, at the same time.
func (p *PBX) pingAll(ctx context.Context) {
	var tasks sync.WaitGroup
	defer tasks.Wait()
	for i := range p.o.Redirectors {
		tasks.Go(func() { p.ping(ctx, i) })
	}
}

func (p *PBX) pingLoop(ctx context.Context, i int) {
	tick := time.NewTicker(p.o.PingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.ping(ctx, i)
		}
	}
}

// ping sends an OPTIONS to a redirector and notes whether it answers 200.
func (p *PBX) ping(ctx context.Context, i int) {
	r := p.o.Redirectors[i]
	network, addr := r.reach("udp")
	ctx, cancel := context.WithTimeout(ctx, p.o.PingTimeout)
	defer cancel()
	up := false
	if l, err := p.dial(ctx, network, addr.String()); err == nil {
		defer l.close()
		id := fmt.Sprintf("%s-ping-%d", p.o.Name, p.seq.Add(1))
		q := request{
			method: "OPTIONS", uri: "sip:" + addr.String(), branch: id, callID: id, seq: 1,
			from: fmt.Sprintf("<sip:%s@%s>;tag=%s", p.o.Name, p.o.Domain, id), to: "<sip:" + addr.String() + ">",
		}
		res, err := l.exchange(ctx, q.text(l), id, q.cseq(), p.firstResend(), p.o.PingTimeout)
		up = err == nil && res.StatusCode == 200
	}
	p.note(i, up)
}

func (p *PBX) note(i int, up bool) {
	if p.up[i].Swap(up) != up {
		p.o.OnPing(p.o.Redirectors[i].Name, up, p.o.Now())
	}
}

// firstResend is how long an unanswered datagram waits for its first repetition (T1, scaled with the timeouts).
func (p *PBX) firstResend() time.Duration { return min(500*time.Millisecond, p.o.LegTimeout/8) }

// reach is the address for a network, or the other one where the redirector has only that.
func (r Redirector) reach(network string) (string, netip.AddrPort) {
	if network == "tcp" && r.TCP.IsValid() || !r.UDP.IsValid() {
		return "tcp", r.TCP
	}
	return "udp", r.UDP
}

// dial opens a link within the leg's timeout.
func (p *PBX) dial(ctx context.Context, network, address string) (*link, error) {
	short, cancel := context.WithTimeout(ctx, p.o.LegTimeout)
	defer cancel()
	c, err := p.o.Dial(short, network, address)
	if err != nil {
		return nil, err
	}
	return newLink(ctx, c, network), nil
}
