package umload

import (
	"bytes"
	"fmt"
	"strconv"
)

// Host is where the calls for a mailbox go: half of them are on each of two legacy servers.
func Host(mailbox int) string { return fmt.Sprintf("legacy-um%d.corp.example.com", mailbox&1+1) }

// Extension is the number of a mailbox.
func Extension(mailbox int) string { return fmt.Sprintf("%07d", mailbox) }

const (
	idDigits     = 10
	numberDigits = 7
)

const body = "v=0\r\no=pbx 2890844526 2890844526 IN IP4 10.0.1.200\r\ns=-\r\nc=IN IP4 10.0.1.200\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8 101\r\n" +
	"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"

// template is a message with the places where the number of the call and of the mailbox stand.
type template struct {
	bytes        []byte
	ids, numbers []int
}

func newTemplate(text string) template {
	t := template{bytes: []byte(text)}
	t.ids, t.numbers = places(t.bytes, '#'), places(t.bytes, '%')
	return t
}

// places finds where runs of the mark begin.
func places(b []byte, mark byte) (at []int) {
	for i, c := range b {
		if c == mark && (i == 0 || b[i-1] != mark) {
			at = append(at, i)
		}
	}
	return at
}

// write appends the message of a call.
func (t *template) write(b []byte, id uint64, mailbox int) []byte {
	start := len(b)
	b = append(b, t.bytes...)
	for _, at := range t.ids {
		digits(b[start+at:start+at+idDigits], id)
	}
	for _, at := range t.numbers {
		digits(b[start+at:start+at+numberDigits], uint64(mailbox))
	}
	return b
}

func digits(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i], n = byte('0'+n%10), n/10
	}
}

// templates are the messages of one source.
type templates struct {
	invite, odd, ack template
	garbage          [][]byte
}

func newTemplates(transport, local, target string) templates {
	head := func(method, more string) string {
		return method + " sip:%%%%%%%@um.test.local;user=phone SIP/2.0\r\nVia: SIP/2.0/" + transport + " " + local + ";branch=z9hG4bK-##########;rport\r\n" +
			"Max-Forwards: 70\r\nFrom: \"Extern\" <sip:+49891234567@pbx.test.local>;tag=f##########\r\n" + more + "Call-ID: ##########-load@pbx.test.local\r\nCSeq: 1 " + method + "\r\n"
	}
	const to = "To: <sip:%%%%%%%@um.test.local>\r\n"
	tail := "Contact: <sip:pbx@" + local + ";transport=" + string(bytes.ToLower([]byte(transport))) + ">\r\nDiversion: <sip:%%%%%%%@pbx.test.local>;reason=no-answer;counter=1\r\n" +
		"User-Agent: umload\r\nContent-Type: application/sdp\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	return templates{
		invite: newTemplate(head("INVITE", to) + tail),
		odd:    newTemplate(head("INVITE", "To:\r\n <sip:%%%%%%%@um.test.local>\r\n") + tail), // folded: RFC 3261, section 7.3.1
		ack:    newTemplate(head("ACK", "")),
		garbage: [][]byte{
			[]byte("\r\n\r\n"), []byte("\x00\x01\x02\xff noise"), []byte("SIP/2.0 200 OK\r\nCall-ID: garbage\r\n\r\n"), []byte("INVITE"),
			[]byte("INVITE sip:1@x SIP/2.0\r\nVia: SIP/2.0/UDP " + local + ";branch=z9hG4bKg;rport\r\nCall-ID: garbage\r\n\r\n"),
			[]byte("INVITE sip:1@x SIP/9.0\r\nVia: SIP/2.0/UDP " + local + ";branch=z9hG4bKg;rport\r\nCall-ID: garbage\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\r\n"),
			bytes.Repeat([]byte("INVITE sip:\xc3\x28@x SIP/2.0\r\n"), 40),
		},
	}
}

// writeACK appends the ACK of a call, with the To of its answer.
func (t *templates) writeACK(b []byte, id uint64, mailbox int, to []byte) []byte {
	b = t.ack.write(b, id, mailbox)
	b = append(b, "To: "...)
	b = append(b, to...)
	return append(b, "\r\nContent-Length: 0\r\n\r\n"...)
}

// header is the value of the first header of that name; line is "\r\nName: ".
func header(answer []byte, line string) []byte {
	_, rest, found := bytes.Cut(answer, []byte(line))
	if !found {
		return nil
	}
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return value
}

// callOf is the number of the call that an answer belongs to.
func callOf(answer []byte) (id uint64, ok bool) {
	value := header(answer, "\r\nCall-ID: ")
	if len(value) < idDigits {
		return 0, false
	}
	for _, c := range value[:idDigits] {
		if c < '0' || c > '9' {
			return 0, false
		}
		id = id*10 + uint64(c-'0')
	}
	return id, true
}

// right says whether an answer is the 302 of this call to where its mailbox is.
func right(answer []byte, id uint64, mailbox int) bool {
	if !bytes.HasPrefix(answer, []byte("SIP/2.0 302 ")) || !bytes.HasSuffix(answer, []byte("\r\n\r\n")) {
		return false
	}
	var want [64]byte
	digits(want[:idDigits], id)
	_, branch, found := bytes.Cut(header(answer, "\r\nVia: "), []byte(";branch=z9hG4bK-"))
	if !found || !bytes.HasPrefix(branch, want[:idDigits]) {
		return false
	}
	digits(want[:numberDigits], uint64(mailbox))
	contact := append(append(want[:numberDigits], "@legacy-um"...), byte('1'+mailbox&1))
	contact = append(contact, ".corp.example.com"...)
	return bytes.Contains(header(answer, "\r\nContact: "), contact)
}
