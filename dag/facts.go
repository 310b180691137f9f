package dag

import (
	"slices"
	"time"
)

// Fact is one observed value: known or not, from where, how old. A decision that needs an unknown fact waits or refuses;
// it never assumes.
type Fact[T any] struct {
	Known bool          `json:"known"`
	Value T             `json:"value,omitzero"`
	From  string        `json:"from,omitempty"` // "Get-ClusterNode on EX2010-3", "10.0.2.5:53"
	Age   time.Duration `json:"age,omitempty"`  // when the decision was made
	Why   string        `json:"why,omitempty"`  // why it is not known: "no answer in 3 s"
}

// Know is a known fact.
func Know[T any](v T, from string) Fact[T] { return Fact[T]{Known: true, Value: v, From: from} }

// Unknown is a fact that could not be observed.
func Unknown[T any](from, why string) Fact[T] { return Fact[T]{From: from, Why: why} }

// Facts are what can be observed of a DAG and of the services around it. Slices run parallel to those of Topology
// (Members, Sites, Databases and their copies, DNSServers x Names, Redirectors), so that every field has one place.
type Facts struct {
	Mode       Fact[ActivationMode] `json:"mode"`
	Sites      []SiteFacts          `json:"sites"`
	Members    []MemberFacts        `json:"members"`
	Databases  []DatabaseFacts      `json:"databases"`
	DNS        []DNSFacts           `json:"dns"`
	Redirector []RedirectorFacts    `json:"redirectors"`
	Resolvers  []ResolverFacts      `json:"resolvers,omitempty"` // index = resolver*len(Names)+name
	Cluster    ClusterFacts         `json:"cluster"`
}

// SiteFacts are what a site's directory, witness and load balancer say.
type SiteFacts struct {
	Directory Fact[bool]     `json:"directory"` // a domain controller of the site answers
	Started   Fact[[]string] `json:"started"`   // StartedMailboxServers as this site's directory holds it, member names, sorted
	Stopped   Fact[[]string] `json:"stopped"`   // StoppedMailboxServers likewise
	Witness   Fact[bool]     `json:"witness"`   // the witness server of this site (primary or alternate) answers and its share can be used
	VIP       Fact[bool]     `json:"vip"`       // the load balancer's control answers
	Pool      []PoolFact     `json:"pool"`      // one per member of Site.Pool
}

// PoolFact is a member's place in a load balancer pool.
type PoolFact struct {
	Enabled Fact[bool] `json:"enabled"` // not drained by an administrator
	Healthy Fact[bool] `json:"healthy"` // its health check passes
}

// MemberFacts are what a member and the controls around it say.
type MemberFacts struct {
	Answers   Fact[bool]      `json:"answers"`    // its management endpoint answers
	Power     Fact[Power]     `json:"power"`      // read back out of band
	Cluster   Fact[Service]   `json:"cluster"`    // cluster service
	StartType Fact[StartType] `json:"start_type"` // of the cluster service
	// Evicted: the member has learnt its eviction (events 7040 and 4621) or was cleaned (TM7).
	Evicted    Fact[bool]             `json:"evicted"`
	Quorum     Fact[bool]             `json:"quorum"` // it is a node of a cluster that holds quorum
	Nodes      Fact[[]string]         `json:"nodes"`  // the nodes of its cluster's configuration, member names, sorted
	Up         Fact[[]string]         `json:"up"`     // those that are Up
	Model      Fact[QuorumModel]      `json:"model"`
	Witness    Fact[WitnessUse]       `json:"witness_in_use"`
	PAM        Fact[string]           `json:"pam"`
	MayMount   Fact[bool]             `json:"may_mount"` // Active Manager role is known (DACP bit 1, or DAC Off)
	Policy     Fact[ActivationPolicy] `json:"policy"`
	Dial       Fact[Dial]             `json:"dial"`
	MountsHere Fact[[]string]         `json:"mounts"` // databases that its store says are mounted here, sorted
	Front      Fact[bool]             `json:"front"`  // its client-access front answers
	UM         Fact[bool]             `json:"um"`     // its UM listener answers

	Paused    Fact[bool] `json:"paused"`     // its cluster node is paused
	MoveNow   Fact[bool] `json:"move_now"`   // DatabaseCopyActivationDisabledAndMoveNow
	InService Fact[bool] `json:"in_service"` // component state ServerWideOffline is Active; true before 2013
	Disk      Fact[bool] `json:"disk"`       // the volume of its log files has room
	Transport Fact[bool] `json:"transport"`  // component state HubTransport is Active; true before 2013
}

// ClusterFacts are what the recovery side's vantage sees of the group as a whole.
type ClusterFacts struct {
	PreferenceMoves Fact[bool]   `json:"preference_moves"` // PreferenceMoveFrequency is finite
	WitnessServer   Fact[string] `json:"witness_server"`   // as the directory names it, FQDN
	AlternateServer Fact[string] `json:"alternate_server"` // likewise AlternateWitnessServer
}

// DatabaseFacts are what Active Manager and the copies say of a database.
type DatabaseFacts struct {
	MountedOn Fact[string] `json:"mounted_on"` // member name; "" when every reachable store says it is not mounted
	Active    Fact[string] `json:"active"`     // the member that the cluster database names as active
	Copies    []CopyFacts  `json:"copies"`     // parallel to Database.Copies
}

// UnknownQueue marks a copy queue that cannot be known: the last generated log is not known. Any queue above it is taken as it.
const UnknownQueue = int64(1) << 40

// CopyFacts are the fields of Get-MailboxDatabaseCopyStatus that decide (domain-exchange.md 5.2).
type CopyFacts struct {
	Status              Fact[CopyStatus]   `json:"status"`
	CopyQueue           Fact[int64]        `json:"copy_queue"` // a lower bound once the active site is dead
	ReplayQueue         Fact[int64]        `json:"replay_queue"`
	LastGenerated       Fact[int64]        `json:"last_generated"` // log generations
	LastInspected       Fact[int64]        `json:"last_inspected"`
	ActivationSuspended Fact[bool]         `json:"activation_suspended"`
	Diverged            Fact[bool]         `json:"diverged"` // FailedAndSuspended because its logs are not the active copy's
	Index               Fact[ContentIndex] `json:"content_index"`
}

// DNSFacts are what one server answers for one name; index = server*len(Names)+name.
type DNSFacts struct {
	Answers Fact[[]string]      `json:"answers"` // addresses, sorted
	TTL     Fact[time.Duration] `json:"ttl"`
	Takes   Fact[bool]          `json:"takes"` // the account may change the name there, as far as the server can be asked without changing it
	Sites   Fact[[]string]      `json:"sites"` // the sites whose targets these are, in the order of the site file; none when they are no site's
}

// LeadTo: it is known to lead to the site.
func (f *DNSFacts) LeadTo(site string) bool { return slices.Contains(f.Sites.Value, site) }

// ResolverFacts are what a resolver that clients ask has for a name. A resolver sees one view of a split zone: for the names of
// the others it says what it has under the same name.
type ResolverFacts struct {
	Answers Fact[[]string]      `json:"answers"` // addresses or the alias, sorted; none: that there is no such record
	Left    Fact[time.Duration] `json:"left"`    // until its cache has run out, real speed
}

// RedirectorFacts are what a UM redirector says.
type RedirectorFacts struct {
	Answers Fact[bool]   `json:"answers"`
	Site    Fact[string] `json:"site"` // the site that it sends current mailboxes to
}
