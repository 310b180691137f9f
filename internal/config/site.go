package config

import (
	"path/filepath"
	"strings"

	"siteswap/dag"
	"siteswap/internal/document"
)

// Site is a whole site file. The order of every list is the file's, and means something: sites and servers are indexed by
// it, copies are preferred by it.
type Site struct {
	DAG         DAG          `yaml:"dag" need:"describe the DAG: name, exchange, windows, activation_mode, witness" doc:"The database availability group."`
	Sites       []Place      `yaml:"sites" need:"list the Active Directory sites" doc:"The Active Directory sites, 2 to 5; one without servers is a third place."`
	Servers     []Server     `yaml:"servers" need:"list the Exchange servers" doc:"The Exchange servers; those with the role mbx are the members of the DAG, 1 to 16."`
	Databases   []Database   `yaml:"databases" doc:"The mailbox databases and their copies."`
	DNS         DNS          `yaml:"dns" doc:"DNS servers that take updates, and the names that clients connect to."`
	UM          *UM          `yaml:"um" doc:"Unified Messaging: redirectors, the PBX, dial plans, legacy servers and mailboxes."`
	Controllers []Controller `yaml:"controllers" doc:"The controllers of Siteswap: best three, one of them in a third place."`

	ExchangeAccess *ExchangeAccess `yaml:"exchange_access" doc:"How Siteswap talks to Exchange."`
	Power          *PowerControl   `yaml:"power" doc:"One out-of-band power control for all servers."`
	Cluster        *Cluster        `yaml:"cluster" doc:"Marks a cluster of controllers that was created as a lab."`

	StandDown *StandDown `yaml:"standdown" doc:"What a cut-off site signs with when it stands down."`

	People      *People     `yaml:"people" doc:"What it takes to override a safety rule."`
	Approvers   []Approver  `yaml:"approvers" doc:"Who may approve."`
	Notify      []Notify    `yaml:"notify" doc:"Who is told, and how."`
	PaperTo     []string    `yaml:"paper_to" doc:"Folders to which the paper runbook is written whenever the site file changes."`
	Assumptions Assumptions `yaml:"assumptions" doc:"Readings of rules of Exchange that no source settles; each is pessimistic unless set here."`

	File string // where it was read from; no part of the format
}

// Path is a file that the site file names: relative names start at the site file's own folder.
func (s *Site) Path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.File), name)
}

// StandDown says where the key is that a cut-off site and the controllers share (siteswap standdown).
type StandDown struct {
	KeyFile string `yaml:"key_file" need:"write the file that holds the key (siteswap standdown --new-key FILE makes one)" doc:"File with the key, 32 bytes or more in hexadecimal; the same in every site."`
}

// DAG is the database availability group.
type DAG struct {
	Name             string             `yaml:"name" need:"write the DAG's name" doc:"Name of the DAG."`
	Exchange         dag.Version        `yaml:"exchange" need:"write the release with its service pack or update, as in 2010 SP1, 2016 CU2 or SE" doc:"Exchange release: 2010, 2013, 2016, 2019 or SE, with an optional RTM, SPn, RUn, CUn."`
	Windows          dag.Windows        `yaml:"windows" need:"write the Windows Server release of the members" enum:"2008 R2|2012|2012 R2|2016|2019|2022|2025" doc:"Windows Server release; decides dynamic quorum and dynamic witness."`
	ActivationMode   dag.ActivationMode `yaml:"activation_mode" need:"write Off or DagOnly, as Get-DatabaseAvailabilityGroup shows it" enum:"Off|DagOnly" doc:"DatacenterActivationMode."`
	AccessPoint      *bool              `yaml:"access_point" doc:"false: a DAG without an administrative access point."`
	Witness          Witness            `yaml:"witness" need:"describe the witness: server, site, directory" doc:"The file share witness."`
	AlternateWitness *Witness           `yaml:"alternate_witness" doc:"The alternate file share witness, in another site."`
	SpareWitnesses   []Witness          `yaml:"spare_witnesses" doc:"Servers that can take the place of a witness that was lost."`
}

// Witness is a file share witness.
type Witness struct {
	Server    string   `yaml:"server" need:"write the FQDN of the witness server" doc:"FQDN of the witness server; no member of the DAG."`
	Site      string   `yaml:"site" need:"write the site of the witness server" doc:"Its site."`
	Directory string   `yaml:"directory" need:"write the witness directory, as in 'C:\\Witness\\DAG1'" doc:"The witness directory on it."`
	Address   HostPort `yaml:"address" doc:"Where it is probed; without it port 445 of the server."`
	Share     string   `yaml:"share" doc:"Name of its share; unless set, the last part of the directory."`
	SMB       *SMB     `yaml:"smb" doc:"The account with which its share is probed; without it, only whether it answers."`
}

// SMB is an account at a file server. With a realm it is asked for by Kerberos, else by NTLM.
type SMB struct {
	User     string     `yaml:"user" need:"write the account's name" doc:"Account name, without the domain."`
	Domain   string     `yaml:"domain" doc:"Its domain, for NTLM."`
	KeyFile  string     `yaml:"key_file" doc:"File that holds its password."`
	Env      string     `yaml:"env" doc:"Environment variable that holds it."`
	Command  []string   `yaml:"command" doc:"Program that prints it, with its arguments."`
	Realm    string     `yaml:"realm" doc:"Kerberos realm: the domain's name in capitals."`
	Keytab   string     `yaml:"keytab" doc:"File with the account's keys, instead of a password."`
	KDC      []HostPort `yaml:"kdc" doc:"Key distribution centres."`
	Krb5Conf string     `yaml:"krb5_conf" doc:"A krb5.conf to use instead."`
}

// ShareName is the name of the witness's share: as Exchange names it, the last part of the directory, unless another is given.
func (w Witness) ShareName() string {
	if w.Share != "" {
		return w.Share
	}
	return w.Directory[strings.LastIndexAny(w.Directory, `\\/`)+1:]
}

// Place is an Active Directory site.
type Place struct {
	Name              string             `yaml:"name" need:"write the site's name" doc:"Name of the Active Directory site."`
	DomainControllers []DomainController `yaml:"domain_controllers" doc:"Its domain controllers."`
	VIP               *VIP               `yaml:"vip" doc:"Its load balancer; of a site with one server, that server's own address."`
}

// DomainController is a domain controller of a site.
type DomainController struct {
	FQDN    string  `yaml:"fqdn" need:"write the domain controller's FQDN" doc:"Its fully qualified name."`
	Address Address `yaml:"address" need:"write the domain controller's IP address" doc:"Its IP address."`
}

// VIP is the load balancer of a site. Without a pool it is a server's own address, or balances over all servers of the
// site if no server has that address.
type VIP struct {
	Address Address  `yaml:"address" need:"write the virtual IP address" doc:"The virtual IP address."`
	Pool    []string `yaml:"pool" doc:"Names of the servers behind it."`
	Driver  string   `yaml:"driver" enum:"haproxy|f5|kemp|netscaler|manual|lab" doc:"What drains and enables its members; manual: a person does."`
	Control HostPort `yaml:"control" doc:"Where the driver reaches it."`
	Account string   `yaml:"account" doc:"Account of the driver."`
	KeyFile string   `yaml:"key_file" doc:"File that holds its password."`
	Env     string   `yaml:"env" doc:"Environment variable that holds it."`
	Command []string `yaml:"command" doc:"Program that prints it, with its arguments."`
}

// Server is an Exchange server.
type Server struct {
	Name      string               `yaml:"name" need:"write the server's name" doc:"Its short name, as Exchange shows it."`
	FQDN      string               `yaml:"fqdn" need:"write the server's FQDN" doc:"Its fully qualified name."`
	Site      string               `yaml:"site" need:"write the server's site" doc:"Its site."`
	Address   Address              `yaml:"address" need:"write the server's IP address" doc:"Its IP address."`
	Roles     []string             `yaml:"roles" need:"list its roles, as in [cas, hub, mbx, um]" enum:"cas|hub|mbx|um|edge" doc:"Its roles; a server with mbx is a member of the DAG."`
	Dial      dag.Dial             `yaml:"dial" enum:"Lossless|GoodAvailability|BestAvailability" doc:"AutoDatabaseMountDial; GoodAvailability unless set."`
	Policy    dag.ActivationPolicy `yaml:"policy" enum:"Unrestricted|IntrasiteOnly|Blocked" doc:"DatabaseCopyAutoActivationPolicy; Unrestricted unless set."`
	MaxActive int                  `yaml:"max_active" min:"1" max:"1000" doc:"MaximumActiveDatabases; no limit unless set."`

	MaxPreferred int    `yaml:"max_preferred" min:"1" max:"1000" doc:"MaximumPreferredActiveDatabases; no limit unless set."`
	LogSpace     int    `yaml:"log_space" min:"1" max:"100000000" doc:"How many log files its log volume holds; without it, disk growth is not looked at."`
	Power        *Power `yaml:"power" doc:"Its out-of-band power control."`
}

// Has tells whether the server has the role.
func (s Server) Has(role string) bool {
	for _, r := range s.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Member tells whether the server is a member of the DAG.
func (s Server) Member() bool { return s.Has("mbx") }

// Database is a mailbox database.
type Database struct {
	Name   string   `yaml:"name" need:"write the database's name" doc:"Its name."`
	Copies []Copy   `yaml:"copies" need:"list the members that hold a copy, the preferred first" doc:"Its copies in order of activation preference."`
	Names  []string `yaml:"names" doc:"The names (dns.names) that its clients connect to."`
}

// Copy is a copy of a database; its short form is the member's name.
type Copy struct {
	Server     string            `yaml:"server" need:"write the member that holds the copy" doc:"The member."`
	Preference int               `yaml:"preference" min:"1" max:"16" doc:"Activation preference; its place in the list unless set."`
	ReplayLag  document.Duration `yaml:"replay_lag" doc:"ReplayLagTime."`
	Blocked    bool              `yaml:"blocked" doc:"Activation of this copy is suspended."`
}

// UnmarshalText reads the short form.
func (c *Copy) UnmarshalText(text []byte) error {
	c.Server = string(text)
	return nil
}

// Short is the short form of a copy that says no more than its member.
func (c Copy) Short() (string, bool) { return c.Server, c == Copy{Server: c.Server} }
