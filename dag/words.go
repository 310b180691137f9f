package dag

// ActivationMode is DatacenterActivationMode.
type ActivationMode string

// The activation modes.
const (
	Off     ActivationMode = "Off"
	DagOnly ActivationMode = "DagOnly"
)

// Dial is AutoDatabaseMountDial: how many logs may be missing for an automatic mount (MDAG).
type Dial string

// The mount dials, and how many logs each tolerates.
const (
	Lossless         Dial = "Lossless"
	GoodAvailability Dial = "GoodAvailability"
	BestAvailability Dial = "BestAvailability"
	BestEffort       Dial = "BestEffort" // only as -MountDialOverride
)

// Logs is the number of missing logs that the dial tolerates: 0, 6, 12 (domain-exchange.md 5.3); BestEffort has no limit.
func (d Dial) Logs() int64 {
	switch d {
	case Lossless:
		return 0
	case BestAvailability:
		return 12
	case BestEffort:
		return 1 << 40
	default:
		return 6
	}
}

// ActivationPolicy is DatabaseCopyAutoActivationPolicy of a server.
type ActivationPolicy string

// The activation policies.
const (
	Unrestricted  ActivationPolicy = "Unrestricted"
	IntrasiteOnly ActivationPolicy = "IntrasiteOnly"
	Blocked       ActivationPolicy = "Blocked"
)

// Service is the state of a Windows service.
type Service string

// The service states that matter: a cluster service that runs but has joined nothing is Joining.
const (
	Stopped Service = "Stopped"
	Joining Service = "Joining"
	Running Service = "Running"
)

// StartType of a Windows service.
type StartType string

// The start types.
const (
	Automatic StartType = "Automatic"
	Disabled  StartType = "Disabled"
)

// Power is what an out-of-band control reads back.
type Power string

// The power states; HeldOff outlasts the return of power to the site.
const (
	PowerOn  Power = "on"
	PowerOff Power = "off"
	HeldOff  Power = "held-off"
)

// QuorumModel of the cluster (DAGS).
type QuorumModel string

// The quorum models.
const (
	NodeMajority          QuorumModel = "NodeMajority"
	NodeFileShareMajority QuorumModel = "NodeAndFileShareMajority"
)

// WitnessUse is WitnessShareInUse (domain-exchange.md 2.1).
type WitnessUse string

// The witness uses.
const (
	WitnessNone      WitnessUse = "None"
	WitnessPrimary   WitnessUse = "Primary"
	WitnessAlternate WitnessUse = "Alternate"
)

// WitnessInvalid is shown when the cluster uses a witness server that the DAG does not name any more (domain-exchange.md 2.1).
const WitnessInvalid WitnessUse = "InvalidConfiguration"

// ContentIndex is ContentIndexState of a copy. A word that is not among the constants is unhealthy.
type ContentIndex string

// The states of the content index. In 2019 and later it is part of the database ([MEM], domain-exchange.md 5.4).
const (
	IndexHealthy       ContentIndex = "Healthy"
	IndexCrawling      ContentIndex = "Crawling"
	IndexFailed        ContentIndex = "Failed"
	IndexNotApplicable ContentIndex = "NotApplicable"
)

// Healthy says whether the index lets its copy be activated without a word.
func (i ContentIndex) Healthy() bool { return i == IndexHealthy || i == IndexNotApplicable }

func (v Version) healthyIndex() ContentIndex {
	if v.Release >= 2019 {
		return IndexNotApplicable
	}
	return IndexHealthy
}

// Component is what Set-ServerComponentState changes (2013 and later, MDAG).
type Component uint8

// The components that decide: transport is drained before maintenance, and the whole server is taken out of service.
const (
	HubTransport Component = iota + 1
	ServerWideOffline
)

// CopyStatus is the Status of Get-MailboxDatabaseCopyStatus (MON). A string that is not among the constants is unhealthy.
type CopyStatus string

// The copy statuses.
const (
	CopyMounted              CopyStatus = "Mounted"
	CopyDismounted           CopyStatus = "Dismounted"
	CopyMounting             CopyStatus = "Mounting"
	CopyHealthy              CopyStatus = "Healthy"
	CopyInitializing         CopyStatus = "Initializing"
	CopyResynchronizing      CopyStatus = "Resynchronizing"
	CopySuspended            CopyStatus = "Suspended"
	CopyFailed               CopyStatus = "Failed"
	CopyFailedAndSuspended   CopyStatus = "FailedAndSuspended"
	CopySeeding              CopyStatus = "Seeding"
	CopySeedingSource        CopyStatus = "SeedingSource"
	CopyServiceDown          CopyStatus = "ServiceDown"
	CopyDisconnectedHealthy  CopyStatus = "DisconnectedAndHealthy"
	CopyDisconnectedResync   CopyStatus = "DisconnectedAndResynchronizing"
	CopyStatusUnknown        CopyStatus = "Unknown"
	CopySinglePageRestore    CopyStatus = "SinglePageRestore"
	CopyDismounting          CopyStatus = "Dismounting"
	CopyMisconfigured        CopyStatus = "Misconfigured"
	CopyNonExchangeReplicate CopyStatus = "NonExchangeReplication"
)

// MayActivate: the statuses from which best copy selection takes a copy (AM, domain-exchange.md 5.4).
func (s CopyStatus) MayActivate() bool {
	switch s {
	case CopyHealthy, CopyDisconnectedHealthy, CopyDisconnectedResync, CopySeedingSource:
		return true
	}
	return false
}
