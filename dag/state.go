package dag

// State is everything about a DAG and the services around it that decides what may happen next. It holds no instant;
// boot times are kept as relations between them. Equal states have equal Canonical bytes.
type State struct {
	Sites  []SiteState // by site index
	Cuts   []bool      // link from site i to site j is cut: Cuts[i*len(Sites)+j]
	Slow   []bool      // likewise: it is so slow that replication takes its longest
	Nodes  []NodeState // by member index
	DBs    []DBState   // by database index
	Copies []CopyState // of database d: Copies[DBs[d].First:], in order of preference
	Progs  []Prog      // operations under way, by ascending ID
	Latest [2]uint8    // the newest Conf.Tag that the share of the primary and of the alternate witness has recorded
	Spare  [2]uint8    // WitnessServer and AlternateWitnessServer: 0 the site file's, n Topology.Spares[n-1]

	Points []Set  // DNS: Points[server*names+name] are the sites whose targets the server answers; empty: another answer
	InPool []bool // by member: enabled at its load balancer
	Routes []int8 // by redirector: site index that current mailboxes are sent to

	PreferenceMoves bool // PreferenceMoveFrequency is finite (2016 CU2 and later)
}

// SiteState is a site's power, directory and witness server.
type SiteState struct {
	Power         bool
	Directory     bool  // a domain controller of the site is up (its DNS server with it)
	Witness       bool  // the witness server of the site is up
	Share         bool  // and its share can be used (rights, space); a latent fault when false
	DirectoryHeld bool  // its domain controllers were stopped and do not come back by themselves
	WitnessHeld   bool  // likewise its witness server
	Started       Set   // StartedMailboxServers as this site's directory holds it
	Stopped       Set   // StoppedMailboxServers likewise
	Version       uint8 // attribute version of the two lists; the higher one wins replication ([MS-DRSR] AttributeStamp)
	Wrote         uint8 // rank of the time of that write; of equal versions the later write wins
}

// NodeState is an Exchange server of the DAG.
type NodeState struct {
	Power Power
	Up    bool // the operating system runs
	Hung  bool // up or off, it answers nobody and does not come back by itself
	Repl  bool // MSExchangeRepl runs
	Front bool // the client-access front runs

	Cluster Service
	Start   StartType
	Learnt  bool // it knows that it was evicted (events 7040 and 4621), or was cleaned
	Forced  bool // it forms quorum by /forcequorum
	View    Set  // the nodes that its cluster counts as up
	Conf    Conf // its copy of the cluster database

	Bit         bool // DACP bit, in memory: 0 at every start (TM2)
	WitnessSame bool // the witness has not booted since the bit was last set (BootTimeFSWCookie)

	Policy  ActivationPolicy
	Dial    Dial
	MoveNow bool // DatabaseCopyActivationDisabledAndMoveNow

	Offline   bool // component state ServerWideOffline is Inactive (2013 and later)
	Draining  bool // component state HubTransport is Draining
	DiskFull  bool // the volume of its log files
	SlowStart bool // its cluster service will not yet answer when it has just been forced (TM46); a latent fault
}

// Serves says whether the client-access front serves: it runs, and the server was not taken out of service.
func (n *NodeState) Serves() bool { return n.Front && !n.Offline }

// Conf is the cluster database as one node holds it. Of two that differ, the one with the higher Tag is newer.
type Conf struct {
	Present bool
	Nodes   Set
	Weights Set // nodes with a vote; with static quorum all of Nodes
	Paused  Set // nodes that were suspended: they cannot own the cluster group
	Model   QuorumModel
	Witness WitnessUse
	Spare   uint8 // which server that was when it was set, as State.Spare
	Tag     uint8
	PAM     int8   // owner of the default cluster group, -1: none
	Active  []int8 // by database: the member that is its active copy
}

// DBState is what is common to a database's copies.
type DBState struct {
	First int  // index of its first copy in State.Copies
	Want  bool // not dismounted by an administrator
}

// CopyState is one copy of a database. Log generations are exact.
type CopyState struct {
	Mounted  bool
	Logs     int64 // the last log generation it holds: generated when active, inspected when passive
	Forks    Set   // the copies of the database, by place in its Copies, that hold other logs in the same generations
	Known    int64 // the last generation that it knows the active copy to have generated
	Replay   int64 // logs that were inspected and not replayed: the replay queue
	Index    ContentIndex
	Status   CopyStatus
	Blocked  bool // activation suspended
	Diverged bool // it was found to hold logs that the active copy does not continue
}

// New is the healthy state of a topology: everything up, all members Started, each database mounted on its most preferred
// copy, names, pools and calls at the site that mounts most databases.
func New(t *Topology) State {
	s := State{
		Sites:           make([]SiteState, len(t.Sites)),
		Cuts:            make([]bool, len(t.Sites)*len(t.Sites)),
		Slow:            make([]bool, len(t.Sites)*len(t.Sites)),
		Nodes:           make([]NodeState, len(t.Members)),
		DBs:             make([]DBState, len(t.Databases)),
		Progs:           make([]Prog, 0, 4),
		InPool:          make([]bool, len(t.Members)),
		Points:          make([]Set, len(t.DNSServers)*len(t.Names)),
		Routes:          make([]int8, len(t.Redirectors)),
		PreferenceMoves: t.Exchange.MovesByPreference(),
	}
	all := t.AllMembers()
	for i := range s.Sites {
		s.Sites[i] = SiteState{Power: true, Directory: len(t.Sites[i].DomainControllers) > 0, Witness: true, Share: true, Started: all}
	}
	model, witness := t.ParityModel(all.Len(), WitnessPrimary)
	for i := range s.Nodes {
		active := make([]int8, len(t.Databases))
		for d := range t.Databases {
			active[d] = int8(t.Databases[d].Copies[0].Member)
		}
		s.InPool[i] = true
		s.Nodes[i] = NodeState{Power: PowerOn, Up: true, Repl: true, Front: true, Cluster: Running, Start: Automatic, View: all,
			Bit: true, WitnessSame: true, Policy: t.Members[i].Policy, Dial: t.Members[i].Dial,
			Conf: Conf{Present: true, Nodes: all, Weights: all, Model: model, Witness: witness, Active: active}}
	}
	for d := range t.Databases {
		s.DBs[d] = DBState{First: len(s.Copies), Want: true}
		for c := range t.Databases[d].Copies {
			s.Copies = append(s.Copies, CopyState{Mounted: c == 0, Status: CopyHealthy, Index: t.Exchange.healthyIndex(), Blocked: t.Databases[d].Copies[c].Blocked})
		}
	}
	home := t.HomeSite()
	for i := range s.Points {
		s.Points[i] = t.Names[i%len(t.Names)].Start(home)
	}
	for i := range s.Routes {
		s.Routes[i] = int8(home)
	}
	return s
}

// HomeSite is the site that mounts most databases when all is healthy; a tie goes to the first in the site file.
func (t *Topology) HomeSite() int {
	best, most := 0, -1
	for i := range t.Sites {
		n := 0
		for d := range t.Databases {
			if t.Members[t.Databases[d].Copies[0].Member].Site == i {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// ParityModel is the quorum model for a number of nodes (domain-exchange.md section 4 and 1.5): even needs the witness;
// a single node too, but for 2010 RTM, whose documentation says even only.
func (t *Topology) ParityModel(nodes int, use WitnessUse) (QuorumModel, WitnessUse) {
	single := nodes == 1 && !(t.Exchange.Release == 2010 && t.Exchange.SP == 0)
	if nodes%2 == 0 || single {
		return NodeFileShareMajority, use
	}
	return NodeMajority, WitnessNone
}

// Copy is the copy of a database at a place in its order of preference.
func (s *State) Copy(db, i int) *CopyState { return &s.Copies[s.DBs[db].First+i] }

// copyOn is the copy of a database on a member, or nil.
func (s *State) copyOn(t *Topology, db, member int) *CopyState {
	if i := t.CopyOf(db, member); i >= 0 {
		return s.Copy(db, i)
	}
	return nil
}

// mounted is the first member that has the database mounted, or -1. Nobody in the model may act on it: it sees all sites.
func (s *State) mounted(t *Topology, db int) int {
	for i := range t.Databases[db].Copies {
		if s.Copy(db, i).Mounted {
			return t.Databases[db].Copies[i].Member
		}
	}
	return -1
}

// mountedNear is the first member that has the database mounted and answers somebody in the site, or -1.
func (s *State) mountedNear(t *Topology, db, site int) int {
	for i := range t.Databases[db].Copies {
		if m := t.Databases[db].Copies[i].Member; s.Copy(db, i).Mounted && s.answersTo(t, site, m) {
			return m
		}
	}
	return -1
}
