package umredirect

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Timers of RFC 3261, table 4.
const (
	timerT1 = 500 * time.Millisecond // estimate of a round trip
	timerT2 = 4 * time.Second        // longest pause between two copies of an answer
	timerT4 = 5 * time.Second        // longest life of a message in the network
)

// Limits of what is remembered when nothing else is asked for.
const (
	maxTransactions     = 10_000
	maxTransactionBytes = 32 << 20
)

// transactions remembers answers, as section 17.2 asks of a stateful server. It is bounded: when it is full a request is
// answered as a stateless server does (section 8.2.7), with the same bytes.
type transactions struct {
	mu     sync.Mutex
	limit  int
	bytes  int // of all answers
	byKey  map[string]*transaction
	merged map[string]string // by what copies of one request on several ways have in common: the key of the first
	closed bool
}

// transaction is in the state Completed, or Confirmed when its answer has arrived.
type transaction struct {
	key, merge string
	answer     []byte
	to         netip.AddrPort
	send       sender
	reliable   bool
	invite     bool
	confirmed  bool
	interval   time.Duration // of timer G
	timer      *time.Timer   // G or what ends the transaction
	ends       time.Time     // timer H or J
}

// sender sends an answer to where it belongs.
type sender func(answer []byte, to netip.AddrPort)

func newTransactions(limit int) *transactions {
	if limit == 0 {
		limit = maxTransactions
	}
	return &transactions{limit: limit, byKey: map[string]*transaction{}, merged: map[string]string{}}
}

// known answers what belongs to a transaction already: a copy gets the same answer (or silence when that is known to have
// arrived), an ACK ends the copies of the answer. Any other request is not known.
func (ts *transactions) known(m *message) (answer []byte, to netip.AddrPort, known bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.byKey[m.transactionKey(m.method)]
	if m.method == "ACK" {
		if t != nil && !t.confirmed {
			ts.confirm(t)
		}
		return nil, netip.AddrPort{}, true
	}
	if t == nil {
		return nil, netip.AddrPort{}, false
	}
	if t.confirmed {
		return nil, netip.AddrPort{}, true
	}
	return t.answer, t.to, true
}

// instead is the answer that what is remembered asks for in place of the usual one: a request that came on two ways is
// answered once (section 8.2.2.2), a CANCEL that matches nothing is told so (section 9.2).
func (ts *transactions) instead(m *message) (verdict, bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if m.method == "CANCEL" {
		if ts.byKey[m.transactionKey("INVITE")] == nil {
			return plain(481, "Call/Transaction Does Not Exist", "no INVITE of this transaction is known"), true
		}
		return verdict{}, false
	}
	if first, seen := ts.merged[m.mergeKey()]; seen && !m.toTagged() && first != m.transactionKey(m.method) {
		return plain(482, "Loop Detected", "the same request came on another way"), true
	}
	return verdict{}, false
}

// keep remembers an answer for as long as copies of the request may come. It is not kept when there is no room.
func (ts *transactions) keep(m *message, answer []byte, to netip.AddrPort, reliable bool, send sender) {
	t := &transaction{key: m.transactionKey(m.method), answer: answer, to: to, send: send, reliable: reliable, invite: m.method == "INVITE", interval: timerT1}
	if !m.toTagged() && m.method != "CANCEL" {
		t.merge = m.mergeKey()
	}
	if reliable && !t.invite {
		return // timer J is 0: no copies come
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed || len(ts.byKey) >= ts.limit || ts.bytes+len(answer) > maxTransactionBytes || ts.byKey[t.key] != nil {
		return
	}
	ts.byKey[t.key] = t
	ts.bytes += len(answer)
	if t.merge != "" && ts.merged[t.merge] == "" {
		ts.merged[t.merge] = t.key
	}
	t.ends = time.Now().Add(64 * timerT1)
	wait := 64 * timerT1
	if t.invite && !reliable {
		wait = t.interval
	}
	t.timer = time.AfterFunc(wait, func() { ts.fire(t) })
}

// fire sends the answer once more (timer G), or ends the transaction (timers H, I and J).
func (ts *transactions) fire(t *transaction) {
	ts.mu.Lock()
	if ts.byKey[t.key] != t {
		ts.mu.Unlock()
		return
	}
	left := time.Until(t.ends)
	if t.confirmed || left <= 0 || !t.invite || t.reliable {
		ts.drop(t)
		ts.mu.Unlock()
		return
	}
	t.interval = min(2*t.interval, timerT2)
	t.timer.Reset(min(t.interval, left))
	ts.mu.Unlock()
	t.send(t.answer, t.to)
}

// confirm enters the state Confirmed, in which copies of the ACK are taken until none can come any more (timer I).
func (ts *transactions) confirm(t *transaction) {
	t.confirmed = true
	if t.reliable {
		ts.drop(t)
		return
	}
	t.timer.Reset(timerT4)
}

func (ts *transactions) drop(t *transaction) {
	t.timer.Stop()
	delete(ts.byKey, t.key)
	if ts.merged[t.merge] == t.key {
		delete(ts.merged, t.merge)
	}
	ts.bytes -= len(t.answer)
}

// size is how many transactions are remembered.
func (ts *transactions) size() int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return len(ts.byKey)
}

// close forgets everything.
func (ts *transactions) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.closed = true
	for _, t := range ts.byKey {
		ts.drop(t)
	}
}

// magic begins the branch of whoever follows RFC 3261 (section 8.1.1.7); alone it tells no transactions apart.
const magic = "z9hG4bK"

// transactionKey is what the requests of one transaction have in common (section 17.2.3); an ACK belongs to its INVITE.
func (m *message) transactionKey(method string) string {
	if method == "ACK" {
		method = "INVITE"
	}
	v, _ := m.topVia()
	branch, _ := v.param("branch")
	sentBy := strings.ToLower(v.host) + ":" + strconv.Itoa(cmp.Or(v.port, 5060))
	if len(branch) > len(magic) && strings.HasPrefix(branch, magic) {
		return strings.Join([]string{method, branch, sentBy}, "\n")
	}
	seq, _, _ := strings.Cut(m.one("cseq"), " ")
	return strings.Join([]string{method, m.uri, m.tag("from"), m.one("call-id"), seq, sentBy, branch}, "\n")
}

// mergeKey is what copies of a request have in common that came on several ways (section 8.2.2.2).
func (m *message) mergeKey() string {
	return strings.Join([]string{m.tag("from"), m.one("call-id"), m.one("cseq")}, "\n")
}
