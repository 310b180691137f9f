package config

// Controller is a controller of Siteswap.
type Controller struct {
	ID       string   `yaml:"id" need:"write the controller's id" doc:"Its id."`
	Site     string   `yaml:"site" need:"write the controller's site" doc:"Its site."`
	Raft     HostPort `yaml:"raft" need:"write address and port, as in 10.0.1.20:8300" doc:"Where the other controllers reach it."`
	API      HostPort `yaml:"api" need:"write address and port, as in 10.0.1.20:8443" doc:"Where people reach it."`
	RaftBind HostPort `yaml:"raft_bind" doc:"What it binds instead of raft, where that differs."`
	APIBind  HostPort `yaml:"api_bind" doc:"What it binds instead of api, where that differs."`
}

// ExchangeAccess is how Siteswap talks to Exchange.
type ExchangeAccess struct {
	Transport string `yaml:"transport" need:"write powershell" enum:"powershell|lab" doc:"powershell; lab: the emulated servers of a drill."`
	Account   string `yaml:"account" doc:"The account that runs the cmdlets."`
	Port      int    `yaml:"port" min:"1" max:"65535" doc:"The port on every server; 80 for powershell unless set."`
}

// PowerControl is one out-of-band control for all servers.
type PowerControl struct {
	Driver  string   `yaml:"driver" need:"write lab" enum:"lab" doc:"lab: the power control of the emulated sites."`
	Address HostPort `yaml:"address" need:"write address and port, as in 127.77.0.2:9000" doc:"Where it is reached."`
}

// Power is the out-of-band control of one server.
type Power struct {
	Redfish *Redfish `yaml:"redfish" need:"describe the board, as in {url: 'https://10.0.9.11', account: siteswap, key_file: bmc.key}" doc:"A baseboard controller that speaks Redfish."`
}

// Redfish is a baseboard controller; its short form is the URL.
type Redfish struct {
	URL     string   `yaml:"url" need:"write its URL, as in https://10.0.9.11" doc:"Its URL."`
	Account string   `yaml:"account" doc:"The account."`
	KeyFile string   `yaml:"key_file" doc:"File that holds the password."`
	Env     string   `yaml:"env" doc:"Environment variable that holds it."`
	Command []string `yaml:"command" doc:"Program that prints it, with its arguments."`
}

// UnmarshalText reads the short form.
func (r *Redfish) UnmarshalText(text []byte) error {
	r.URL = string(text)
	return nil
}

// Short says that a board is written out.
func (r Redfish) Short() (string, bool) { return "", false }

// Cluster marks a cluster of controllers that was created as a lab: only there does time run faster, and are people taken
// at their word.
type Cluster struct {
	Lab       bool    `yaml:"lab" doc:"Created as a lab."`
	TimeScale float64 `yaml:"time_scale" min:"1" max:"10000" doc:"How many times faster than real time runs; 1 unless set."`
}

// People is what it takes to override a safety rule.
type People struct {
	TwoPerson string `yaml:"two_person" need:"write required or break_glass" enum:"required|break_glass" doc:"required: two different people; break_glass: or one named admin with a sealed code."`
}

// Approver is a person who may approve; the short form is the name.
type Approver struct {
	Name    string `yaml:"name" need:"write the person's name" doc:"The name."`
	Role    string `yaml:"role" doc:"The role that an approve step asks for."`
	Contact string `yaml:"contact" doc:"How to reach the person, for the paper runbook."`
}

// UnmarshalText reads the short form.
func (a *Approver) UnmarshalText(text []byte) error {
	a.Name = string(text)
	return nil
}

// Short is the short form of an approver without role and contact.
func (a Approver) Short() (string, bool) { return a.Name, a == Approver{Name: a.Name} }

// Notify is somebody who is told, by mail, at a URL or through a program.
type Notify struct {
	Name    string   `yaml:"name" need:"write the name that runbooks use" doc:"The name that runbooks use."`
	Mail    string   `yaml:"mail" doc:"A mail address."`
	URL     string   `yaml:"url" doc:"A URL that takes the message as JSON."`
	Program []string `yaml:"program" doc:"A program with its arguments; the message is its input."`
}

// Assumptions are readings of rules that no source settles; the fields of dag.Assumptions.
type Assumptions struct {
	SoleMemberNeedsNoWitness bool `yaml:"sole_member_needs_no_witness" doc:"A one-node cluster keeps quorum without its witness."`
	LastManStanding          bool `yaml:"last_man_standing" doc:"With dynamic quorum the last node of a graceful sequence survives."`
	TieSparesLast            bool `yaml:"tie_spares_last" doc:"Where dynamic quorum takes one vote away, it takes the first node's and not the last one's."`
	UnreadBootTimeAllows     bool `yaml:"unread_boot_time_allows" doc:"A sole member whose witness cannot be asked for its boot time mounts all the same."`
	MovesOnlyInSync          bool `yaml:"moves_only_in_sync" doc:"PreferenceMoveFrequency moves a database home only when its preferred copy is within the default mount dial."`
}
