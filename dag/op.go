package dag

// OpKind is an operation that somebody asks of the DAG or of the services around it.
type OpKind uint8

// The operations. Each is a small program of micro-steps (see program.go), with its counter in State.
const (
	OpNone         OpKind = iota
	OpStop                // Stop-DatabaseAvailabilityGroup for Members
	OpRestore             // Restore-DatabaseAvailabilityGroup for Site
	OpStart               // Start-DatabaseAvailabilityGroup for Members
	OpSet                 // Set-DatabaseAvailabilityGroup: bare, or with another witness (Replace, Spare)
	OpAdd                 // Add-DatabaseAvailabilityGroupServer, one member
	OpClusterStop         // Stop-Service ClusSvc on Members
	OpClusterStart        // Start-Service ClusSvc on Members; Force: /forcequorum, one member
	OpEvict               // Remove-ClusterNode Member
	OpCleanup             // Clear-ClusterNode on Member itself
	OpQuorum              // Set-ClusterQuorum to Model
	OpMoveGroup           // Move-ClusterGroup "Cluster Group" to Member
	OpActivate            // Move-ActiveMailboxDatabase Database -ActivateOnServer Member, then mounted
	OpMount               // Mount-Database
	OpDismount            // Dismount-Database
	OpSuspend             // Suspend-MailboxDatabaseCopy Database\Member: replication and activation
	OpResume              // Resume-MailboxDatabaseCopy Database\Member
	OpReseed              // Update-MailboxDatabaseCopy Database\Member; CatalogOnly: its content index alone
	OpBlock               // Suspend-MailboxDatabaseCopy -ActivationOnly Database\Member
	OpUnblock             // Resume-MailboxDatabaseCopy of a blocked copy
	OpPolicy              // Set-MailboxServer -DatabaseCopyAutoActivationPolicy for Members
	OpDial                // Set-MailboxServer -AutoDatabaseMountDial for Members
	OpPreference          // PreferenceMoveFrequency on (On) or infinite
	OpMoveNow             // Set-MailboxServer -DatabaseCopyActivationDisabledAndMoveNow for Members (On)
	OpPause               // Suspend-ClusterNode (On) or Resume-ClusterNode, Member
	OpComponent           // Set-ServerComponentState of Members: Component Active (On), or Draining or Inactive
	OpPower               // out-of-band power of Members: off, held-off, on
	OpRepoint             // Name to Sites at DNS server Server
	OpPool                // Members enabled (On) or drained at their site's load balancer
	OpRoute               // redirector Server sends current mailboxes to Site
)

// Op is one operation with its arguments. Only those that its kind names are read.
type Op struct {
	Kind              OpKind
	From              int // site index of the management endpoint that runs it
	Members           Set
	Site              int
	Sites             Set // site indexes
	Member            int
	Database          int
	Name              int // index of Topology.Names
	Server            int // index of Topology.DNSServers or of Topology.Redirectors
	ConfigurationOnly bool
	Force             bool
	On                bool
	Witness           WitnessUse
	Replace           WitnessUse // OpSet: which of the two witness servers is replaced, by Spare
	Spare             uint8      // as State.Spare
	Component         Component
	Model             QuorumModel
	Dial              Dial // mount dial override; "" is the server's
	Policy            ActivationPolicy
	Power             Power
	CatalogOnly       bool // OpReseed: -CatalogOnly
	SkipHealth        bool // -SkipHealthChecks
	SkipLag           bool // -SkipLagChecks
	SkipCatalog       bool // -SkipClientExperienceChecks
	SkipActive        bool // -SkipActiveCopyChecks
	SkipMaxActive     bool // -SkipMaximumActiveDatabasesChecks
}

// Code says how an operation answered. OK is the zero value.
type Code string

// The answers; the emulated Exchange words them as the product does, the driver classifies them back.
const (
	OK                  Code = ""
	ErrNotDagOnly       Code = "not-dag-only"       // Stop, Restore, Start with DAC Off (QA:185443)
	ErrNoDirectory      Code = "no-directory"       // the directory that it must write does not answer
	ErrUnreachable      Code = "unreachable"        // a server that it must reach does not answer
	ErrNothingStopped   Code = "nothing-stopped"    // Restore before Stop
	ErrOpenCluster      Code = "open-cluster-6d9"   // 0x6d9, the cluster service does not answer (QA:134981)
	ErrEvict            Code = "evict-46"           // 0x46, eviction before the cluster answers (TM46)
	ErrNoQuorum         Code = "no-quorum"          // there is no cluster with quorum to ask
	ErrInvalidNode      Code = "invalid-node"       // Start: node not yet cleaned (TM10)
	ErrConsensus        Code = "automount"          // Automount consensus not reached (TM6)
	ErrNoCopy           Code = "no-copy"            // the server has no copy of the database
	ErrCopyUnhealthy    Code = "copy-unhealthy"     // the copy's status does not allow activation
	ErrTooManyLogs      Code = "too-many-logs"      // missing logs exceed the dial
	ErrMaxActive        Code = "max-active"         // MaximumActiveDatabases
	ErrStillMounted     Code = "still-mounted"      // mounted elsewhere within reach
	ErrWitness          Code = "witness"            // the witness share cannot be used
	ErrNotReseedable    Code = "no-seeding-source"  // no mounted copy to seed from
	ErrNeedsReseed      Code = "needs-reseed"       // a diverged copy cannot be resumed
	ErrCatalog          Code = "catalog"            // the content index is not healthy (row 15)
	ErrSeedingSource    Code = "seeding-source"     // the active copy is the source of a seed
	ErrQueues           Code = "queues"             // the copy or replay queue is too long, or the copy is a lagged one
	ErrDiskFull         Code = "disk-full"          // the log volume has no room
	ErrPaused           Code = "paused"             // a suspended node cannot own the cluster group
	WarnDirectory       Code = "warn-directory"     // warning: a directory of another site could not be written
	WarnMemberOffline   Code = "warn-member"        // warning: a member could not be contacted
	WarnAlreadyThere    Code = "warn-already-there" // warning: nothing to change
	WarnNotEvicted      Code = "warn-not-evicted"   // warning: marked stopped but not removed from the cluster
	WarnWitnessNotReady Code = "warn-witness"       // warning: the quorum model was left, the witness cannot be used
)

// Answer is what the caller of an operation is told, apart from the effect (which may differ).
type Answer struct {
	Code     Code
	Subject  string // the server, database or site that the code speaks of
	Warnings []Warning
}

// Warning is one line of the warning stream.
type Warning struct {
	Code    Code
	Subject string
}
