package config

import (
	"fmt"
	"strings"

	"siteswap/internal/document"
)

// UM is Unified Messaging.
type UM struct {
	Redirectors []Redirector `yaml:"redirectors" doc:"The SIP redirect servers."`
	Peers       []Address    `yaml:"peers" doc:"Addresses of the PBX; everyone else gets silence."`
	Limits      UMLimits     `yaml:"limits" doc:"How much of a peer is answered."`
	DialPlans   []DialPlan   `yaml:"dial_plans" doc:"The dial plans."`
	Legacy      []Legacy     `yaml:"legacy" doc:"Older UM servers that still hold mailboxes."`
	Mailboxes   []Mailbox    `yaml:"mailboxes" doc:"Which server answers for which extension."`
	MailboxFile string       `yaml:"mailbox_file" doc:"The same as a CSV file: extension, dial plan, home."`
	LDAP        *LDAP        `yaml:"ldap" doc:"The same from the directory."`
	Diversion   string       `yaml:"diversion" enum:"original|latest|ignore" doc:"Which of several Diversion entries names the mailbox: who was called first (original, unless set), or who sent the call on last."`
	HistoryInfo string       `yaml:"history_info" enum:"original|latest|ignore" doc:"The same for History-Info, which is looked at where there is no Diversion."`
	Unknown     string       `yaml:"unknown" doc:"Who gets calls for numbers of no dial plan: current (unless set), decline, or the name of a legacy server."`
	Stateful    bool         `yaml:"stateful" doc:"Whether redirectors remember requests and send answers again; otherwise each answer is a function of its request."`

	Watch    *UMWatch          `yaml:"watch" doc:"How the servers that calls are redirected to are watched."`
	Homer    *Homer            `yaml:"homer" doc:"A server that gets copies of the messages (HEP3)."`
	LogLines int               `yaml:"log_lines" min:"1" max:"10000" doc:"Calls per second that get a log line; 50 unless set. The others are counted."`
	BusyPoll string            `yaml:"busy_poll" enum:"auto|off" doc:"auto (unless set): while datagrams come less than 0.1 ms apart, a redirector looks for the next one for up to 0.2 ms before it sleeps, which takes a processor; off: it always sleeps."`
	Drain    document.Duration `yaml:"drain" min:"0" doc:"How long a redirector that is asked to end answers OPTIONS 503 and still takes calls; 25s unless set: one round of a PBX's OPTIONS."`
}

// UMLimits keep a peer that asks too much silent for a while: its address may be forged.
type UMLimits struct {
	Allow     []Address         `yaml:"allow" doc:"Peers without a limit."`
	PerSource int               `yaml:"per_source" min:"1" doc:"Requests per second of one peer; 2000 unless set."`
	Block     document.Duration `yaml:"block" min:"0" doc:"How long one that goes beyond is silent; 10s unless set."`
}

// Redirector is a SIP redirect server of a site.
type Redirector struct {
	Site        string     `yaml:"site" need:"write the redirector's site" doc:"Its site."`
	Listen      []Listener `yaml:"listen" need:"list where it is reached, as in ['udp://10.0.1.30:5060']" doc:"Where the PBX reaches it."`
	Bind        []Listener `yaml:"bind" doc:"What it binds, in the order of listen, where that differs."`
	TLS         *SIPTLS    `yaml:"tls" doc:"The certificate of its tls listeners."`
	Control     HostPort   `yaml:"control" doc:"Its HTTP control address."`
	ControlBind HostPort   `yaml:"control_bind" doc:"What it binds for that, where it differs."`
	Metrics     HostPort   `yaml:"metrics" doc:"Where Prometheus reads its figures (/metrics); a loopback address."`
}

// SIPTLS is the certificate that a redirector shows. Its files are read again when they change.
type SIPTLS struct {
	Certificate string `yaml:"certificate" need:"name the file with the certificate" doc:"File with its certificate and those between it and the authority."`
	KeyFile     string `yaml:"key_file" need:"name the file with the certificate's key" doc:"File with the certificate's key."`
	ClientCA    string `yaml:"client_ca" doc:"File with authorities: only callers with a certificate of theirs are taken."`
}

// DialPlan is a UM dial plan.
type DialPlan struct {
	Name            string               `yaml:"name" need:"write the dial plan's name" doc:"Its name."`
	URIType         string               `yaml:"uri_type" enum:"telextn|e164|sipname" doc:"How its mailboxes are named: by extension (telextn, unless set), by whole number, or user@domain."`
	ExtensionDigits int                  `yaml:"extension_digits" min:"1" max:"20" doc:"How many digits an extension has; of telextn."`
	Patterns        []string             `yaml:"patterns" doc:"Forms of the numbers that belong to it: digits, X for any digit, * at the end for any more, as in +4989XXXX. Unless set: every number of that many digits."`
	Security        string               `yaml:"security" enum:"unsecured|sipsecured|secured" doc:"unsecured unless set; otherwise only targets that speak TLS are allowed."`
	Version         string               `yaml:"version" enum:"2007|2010|2013|2016" doc:"Exchange version of its current servers; decides which ports are right."`
	Current         map[string][]Contact `yaml:"current" doc:"The current UM servers by site."`
	WhenDown        string               `yaml:"when_down" enum:"decline|redirect-anyway" doc:"What callers get while all of a site's current servers are down: decline (503, unless set), so that the PBX asks another redirector, or the redirect all the same."`
	Pilots          []Pilot              `yaml:"pilots" doc:"Numbers that are no mailbox: subscriber access, auto attendants."`
	Unknown         string               `yaml:"unknown" doc:"Who gets calls for its numbers without a mailbox: current (unless set), decline, or the name of a legacy server."`
}

// Pilot is a number that belongs to no mailbox.
type Pilot struct {
	Number string `yaml:"number" need:"write the number, in quotes" doc:"The number."`
	Home   string `yaml:"home" doc:"current (unless set), decline, or the name of a legacy server."`
}

// UnmarshalText reads the short form, the number alone.
func (p *Pilot) UnmarshalText(text []byte) error {
	p.Number = string(text)
	return nil
}

// Short is the form that UnmarshalText reads.
func (p Pilot) Short() (string, bool) { return p.Number, p.Home == "" }

// Contact is a UM server that a call is redirected to.
type Contact struct {
	Target Target   `yaml:"target" need:"write the UM server, as in ex1.test.local:5060;transport=tcp" doc:"Where the call goes."`
	Q      *float64 `yaml:"q" min:"0" max:"1" doc:"Preference from 0 to 1, the highest first; 1.0 unless set."`
	Weight int      `yaml:"weight" min:"0" max:"1000" doc:"Share of the calls among those with the same q."`
}

// UnmarshalText reads the short form, the target alone.
func (c *Contact) UnmarshalText(text []byte) error { return c.Target.UnmarshalText(text) }

// Short says that contacts are written out.
func (c Contact) Short() (string, bool) { return "", false }

// Preference is q with its default.
func (c Contact) Preference() float64 {
	if c.Q == nil {
		return 1
	}
	return *c.Q
}

// Legacy is an older UM server, to which calls for its mailboxes are redirected by FQDN.
type Legacy struct {
	Name           string    `yaml:"name" need:"write the legacy server's name" doc:"Its name."`
	FQDN           string    `yaml:"fqdn" need:"write the legacy server's FQDN" doc:"Its fully qualified name."`
	Address        Address   `yaml:"address" need:"write the legacy server's IP address" doc:"Its IP address."`
	Port           int       `yaml:"port" min:"1" max:"65535" doc:"Its SIP port; 5060 unless set, 5061 with tls."`
	Transport      string    `yaml:"transport" enum:"udp|tcp|tls" doc:"Its transport; tcp unless set."`
	Site           string    `yaml:"site" need:"write the legacy server's site" doc:"Its site."`
	Version        string    `yaml:"version" enum:"2007|2010|2013|2016" doc:"Its Exchange version; decides which ports are right."`
	Also           []Contact `yaml:"also" doc:"Further servers that answer for the same mailboxes; the first has preference 1."`
	WhenDown       string    `yaml:"when_down" enum:"decline|redirect-anyway|current|operator" doc:"What callers get while it is down: decline (unless set), the redirect all the same, the current servers, or a person."`
	Decline        int       `yaml:"decline" doc:"Status of decline: 480 (unless set) ends the call, 503 makes most PBXs try their next trunk."`
	Operator       Operator  `yaml:"operator" doc:"Who takes the calls with when_down: operator, as in 0@pbx.test.local:5060;transport=tcp."`
	MailboxServers []string  `yaml:"mailbox_servers" doc:"Names of the mailbox servers whose mailboxes it answers for, as the directory names them; with ldap."`
}

// ServicePort is its port with its default.
func (l Legacy) ServicePort() int {
	switch {
	case l.Port > 0:
		return l.Port
	case l.Transport == "tls":
		return 5061
	}
	return 5060
}

// Operator is a number at a host: 0@pbx.test.local:5060;transport=tcp.
type Operator struct {
	Number string
	Target
}

// UnmarshalText reads the form of the example.
func (o *Operator) UnmarshalText(text []byte) error {
	number, at, _ := strings.Cut(string(text), "@")
	if number == "" || strings.Trim(number, "+0123456789*#") != "" || o.Target.UnmarshalText([]byte(at)) != nil {
		return fmt.Errorf("%q is no operator; write number and host, as in 0@pbx.test.local:5060;transport=tcp", text)
	}
	o.Number = number
	return nil
}

// MarshalText is the form that UnmarshalText reads.
func (o Operator) MarshalText() ([]byte, error) {
	if o.Number == "" {
		return nil, nil
	}
	return []byte(o.Number + "@" + o.Target.String()), nil
}

// Mailbox is an extension and who answers for it.
type Mailbox struct {
	Extension string `yaml:"extension" need:"write the extension, in quotes" doc:"The extension."`
	DialPlan  string `yaml:"dial_plan" need:"write the dial plan" doc:"Its dial plan."`
	Home      string `yaml:"home" need:"write current or the name of a legacy server" doc:"current, or the name of a legacy server."`
}
