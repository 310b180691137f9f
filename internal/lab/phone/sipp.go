package phone

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Sipp places calls with SIPp, a program of other people's, so that a redirector is held to more than our own idea of a PBX. One
// process is one call: it sends the INVITE, follows up to MaxRedirects answers 302 by the name in their Contact, acknowledges
// and hangs up. SIPp keeps to the transport that it began with.
type Sipp struct {
	Program string     // sipp
	Enter   []string   // what runs it, as in `unshare ...`; it looks names up as the system says
	Dir     string     // for its logs
	Local   netip.Addr // its own address
}

// Leg is a call to one redirector.
type Leg struct {
	CallID    string
	User      string
	Diversion string // extension, empty: none
	Network   string // udp or tcp
	To        netip.AddrPort
	Hops      int // redirects that are followed
}

// LegEnd is how a leg ended.
type LegEnd struct {
	Answered  bool
	Status    int // of a refusal; 0: none came
	Redirects int
	Target    string // host:port that answered
	Why       string
}

// answers are the refusals that the scenario understands; any other ends it.
var answers = [...]int{404, 480, 481, 486, 500, 503}

// invite is one INVITE of the scenario. Every header is the caller's own but for what SIPp fills in.
func (l Leg) invite(hop int) string {
	diversion := ""
	if l.Diversion != "" {
		diversion = fmt.Sprintf("Diversion: <sip:%s@[local_ip]>;reason=no-answer\n", l.Diversion)
	}
	return fmt.Sprintf(`<send retrans="500"><![CDATA[

INVITE [$uri] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]h%d;rport
Max-Forwards: 70
From: <sip:pbx@[local_ip]:[local_port]>;tag=[call_number]f
To: <sip:%s@[local_ip];user=phone>
Call-ID: [call_id]
CSeq: %d INVITE
Contact: <sip:pbx@[local_ip]:[local_port];transport=[transport]>
%sContent-Type: application/sdp
Content-Length: [len]

v=0
o=- 0 0 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio 1024 RTP/AVP 0
]]></send>
`, hop, l.User, hop, diversion)
}

// ack acknowledges the last answer of a hop: for a refusal with the INVITE's own branch (RFC 3261, section 17.1.1.3).
func (l Leg) ack(hop int, branch string) string {
	return fmt.Sprintf(`<send><![CDATA[

ACK [$uri] SIP/2.0
%s
Max-Forwards: 70
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: %d ACK
Content-Length: 0

]]></send>
`, branch, hop)
}

const (
	sameBranch = "[last_Via:]"
	newBranch  = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]x;rport"
)

// Scenario is what SIPp does.
func (l Leg) Scenario() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<scenario name=\"pbx\">\n")
	fmt.Fprintf(&b, "<nop><action><assignstr assign_to=\"uri\" value=\"sip:%s@%s;user=phone\"/><assignstr assign_to=\"target\" value=\"%s\"/></action></nop>\n", l.User, l.To, l.To)
	for hop := 1; hop <= l.Hops+1; hop++ {
		b.WriteString(l.invite(hop))
		b.WriteString("<recv response=\"100\" optional=\"true\"/>\n<recv response=\"180\" optional=\"true\"/>\n<recv response=\"183\" optional=\"true\"/>\n")
		for _, status := range answers {
			fmt.Fprintf(&b, "<recv response=\"%d\" optional=\"true\" next=\"%d\"/>\n", status, hop*1000+status)
		}
		if hop <= l.Hops {
			fmt.Fprintf(&b, "<recv response=\"302\" optional=\"true\" next=\"%d\">%s</recv>\n", hop*1000+302, readContact)
		}
		fmt.Fprintf(&b, "<recv response=\"200\" next=\"%d\"/>\n", hop*1000+200)
		for _, status := range answers {
			fmt.Fprintf(&b, "<label id=\"%d\"/>\n%s<nop next=\"1\"><action><log message=\"refused %d %d [$target]\"/></action></nop>\n", hop*1000+status, l.ack(hop, sameBranch), status, hop-1)
		}
		fmt.Fprintf(&b, "<label id=\"%d\"/>\n%s<nop next=\"2\"><action><log message=\"answered 200 %d [$target]\"/></action></nop>\n", hop*1000+200, l.ack(hop, newBranch), hop-1)
		if hop <= l.Hops {
			fmt.Fprintf(&b, "<label id=\"%d\"/>\n%s", hop*1000+302, l.ack(hop, sameBranch))
			fmt.Fprintf(&b, "<nop><action><assignstr assign_to=\"uri\" value=\"[$next]\"/><assignstr assign_to=\"target\" value=\"[$host]:[$port]\"/>"+
				"<setdest host=\"[$host]\" port=\"[$port]\" protocol=\"%s\"/></action></nop>\n", l.Network)
		}
	}
	fmt.Fprintf(&b, "<label id=\"2\"/>\n%s<recv response=\"200\"/>\n<label id=\"1\"/>\n", l.bye())
	if l.Hops > 0 {
		b.WriteString("<Reference variables=\"all\"/>\n") // else SIPp refuses a variable that nobody reads
	}
	b.WriteString("</scenario>\n")
	return b.String()
}

// readContact takes the first Contact apart, which is the preferred one.
const readContact = `<action><ereg regexp="sip:([^&gt;]*@)?([^:;&gt;]+):([0-9]+)[^&gt;]*" search_in="hdr" header="Contact:" check_it="true" assign_to="next,all,host,port"/></action>`

func (l Leg) bye() string {
	return `<send retrans="500"><![CDATA[

BYE [$uri] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]b;rport
Max-Forwards: 70
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: 99 BYE
Content-Length: 0

]]></send>
`
}

// Call places a call and waits for its end.
func (s *Sipp) Call(ctx context.Context, l Leg) LegEnd {
	dir, err := os.MkdirTemp(s.Dir, "sipp-")
	if err != nil {
		return LegEnd{Why: err.Error()}
	}
	defer os.RemoveAll(dir)
	scenario, log := filepath.Join(dir, "pbx.xml"), filepath.Join(dir, "log")
	if err := os.WriteFile(scenario, []byte(l.Scenario()), 0o600); err != nil {
		return LegEnd{Why: err.Error()}
	}
	args := append([]string{}, s.Enter...)
	mode := "u1"
	if l.Network == "tcp" {
		mode = "tn" // a connection for each call: only then may it be sent elsewhere
	}
	args = append(args, s.Program, l.To.String(), "-sf", scenario, "-m", "1", "-r", "1", "-t", mode, "-i", s.Local.String(), "-bind_local",
		"-cid_str", l.CallID, "-nostdin", "-max_socket", "16", "-trace_logs", "-log_file", log, "-trace_err", "-error_file", filepath.Join(dir, "errors"))
	if d, ok := ctx.Deadline(); ok {
		args = append(args, "-timeout", strconv.FormatFloat(max(0.1, time.Until(d).Seconds()), 'f', 1, 64)+"s", "-timeout_error")
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	out, err := cmd.CombinedOutput()
	return readEnd(dir, log, out, err)
}

// readEnd finds the scenario's own word in its log; without one the call was lost, and SIPp's errors say why.
func readEnd(dir, log string, out []byte, err error) LegEnd {
	said, _ := os.ReadFile(log) // an unreadable log says nothing, as an empty one
	for line := range strings.Lines(string(said)) {
		words := strings.Fields(line)
		for i, w := range words {
			if (w == "answered" || w == "refused") && len(words) >= i+4 {
				status, _ := strconv.Atoi(words[i+1])
				hops, _ := strconv.Atoi(words[i+2])
				e := LegEnd{Answered: w == "answered", Redirects: hops, Target: words[i+3], Why: w + " by " + words[i+3]}
				if !e.Answered {
					e.Status, e.Why = status, fmt.Sprintf("%s: %d", e.Target, status)
				}
				return e
			}
		}
	}
	why := "sipp: no answer"
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		why = "sipp: " + err.Error()
	}
	if b, err := os.ReadFile(filepath.Join(dir, "errors")); err == nil && len(b) > 0 {
		why = "sipp: " + lastLine(string(b))
	} else if len(out) > 0 {
		why += ": " + lastLine(string(out))
	}
	return LegEnd{Why: why}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
