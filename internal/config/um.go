package config

// UM is Unified Messaging.
type UM struct {
	Redirectors []Redirector `yaml:"redirectors" doc:"The SIP redirect servers."`
	Peers       []Address    `yaml:"peers" doc:"Addresses of the PBX; everyone else gets silence."`
	DialPlans   []DialPlan   `yaml:"dial_plans" doc:"The dial plans."`
	Legacy      []Legacy     `yaml:"legacy" doc:"Older UM servers that still hold mailboxes."`
	Mailboxes   []Mailbox    `yaml:"mailboxes" doc:"Which server answers for which extension."`
	MailboxFile string       `yaml:"mailbox_file" doc:"The same as a CSV file: extension, dial plan, home."`
	LDAP        *LDAP        `yaml:"ldap" doc:"The same from the directory."`
}

// Redirector is a SIP redirect server of a site.
type Redirector struct {
	Site        string     `yaml:"site" need:"write the redirector's site" doc:"Its site."`
	Listen      []Listener `yaml:"listen" need:"list where it is reached, as in ['udp://10.0.1.30:5060']" doc:"Where the PBX reaches it."`
	Bind        []Listener `yaml:"bind" doc:"What it binds, in the order of listen, where that differs."`
	Control     HostPort   `yaml:"control" doc:"Its HTTP control address."`
	ControlBind HostPort   `yaml:"control_bind" doc:"What it binds for that, where it differs."`
}

// DialPlan is a UM dial plan.
type DialPlan struct {
	Name            string               `yaml:"name" need:"write the dial plan's name" doc:"Its name."`
	ExtensionDigits int                  `yaml:"extension_digits" need:"write how many digits an extension has" min:"1" max:"20" doc:"How many digits an extension has."`
	Current         map[string][]Contact `yaml:"current" doc:"The current UM servers by site."`
}

// Contact is a UM server that a call is redirected to.
type Contact struct {
	Target Target   `yaml:"target" need:"write the UM server, as in ex1.test.local:5060;transport=tcp" doc:"Where the call goes."`
	Q      *float64 `yaml:"q" min:"0" max:"1" doc:"Preference from 0 to 1, the highest first; 1.0 unless set."`
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
	Name      string  `yaml:"name" need:"write the legacy server's name" doc:"Its name."`
	FQDN      string  `yaml:"fqdn" need:"write the legacy server's FQDN" doc:"Its fully qualified name."`
	Address   Address `yaml:"address" need:"write the legacy server's IP address" doc:"Its IP address."`
	Port      int     `yaml:"port" min:"1" max:"65535" doc:"Its SIP port; 5060 unless set."`
	Transport string  `yaml:"transport" enum:"udp|tcp|tls" doc:"Its transport; tcp unless set."`
	Site      string  `yaml:"site" need:"write the legacy server's site" doc:"Its site."`
	WhenDown  string  `yaml:"when_down" enum:"decline|current" doc:"What callers get while it is down: decline (unless set), or the current servers."`
}

// Mailbox is an extension and who answers for it.
type Mailbox struct {
	Extension string `yaml:"extension" need:"write the extension, in quotes" doc:"The extension."`
	DialPlan  string `yaml:"dial_plan" need:"write the dial plan" doc:"Its dial plan."`
	Home      string `yaml:"home" need:"write current or the name of a legacy server" doc:"current, or the name of a legacy server."`
}

// LDAP says where the directory knows the extensions.
type LDAP struct {
	URL     string   `yaml:"url" need:"write the server, as in ldaps://dc.test.local" doc:"The server."`
	Base    string   `yaml:"base" need:"write the base, as in DC=test,DC=local" doc:"Where to search."`
	Filter  string   `yaml:"filter" doc:"Which entries; users with an EUM address unless set."`
	Account string   `yaml:"account" doc:"Who searches."`
	KeyFile string   `yaml:"key_file" doc:"File that holds the password."`
	Env     string   `yaml:"env" doc:"Environment variable that holds it."`
	Command []string `yaml:"command" doc:"Program that prints it, with its arguments."`
}
