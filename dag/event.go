package dag

import (
	"strconv"
	"time"
)

// Span is how long something takes at real speed: shortest, typical, longest.
type Span struct {
	Min, Typical, Max time.Duration
}

// Plus is the span of one thing after the other.
func (a Span) Plus(b Span) Span {
	return Span{a.Min + b.Min, a.Typical + b.Typical, a.Max + b.Max}
}

// EventKind is what an Event is.
type EventKind uint8

// The events. Those before eventAutonomous come from outside; the rest the world does by itself and Pending lists them.
const (
	EvBegin       EventKind = iota + 1 // somebody calls Op
	EvWrite                            // the mounted copy of Database on Member generates N logs
	EvSite                             // site Site loses (On false) or regains power
	EvServer                           // member Member loses or regains power by itself
	EvHang                             // member Member hangs (On) or is freed
	EvService                          // MSExchangeRepl of Member stops (On false) or starts
	EvFront                            // client access of Member stops or starts
	EvDirectory                        // domain controllers of Site stop or start
	EvWitness                          // witness server of Site stops or starts
	EvShare                            // witness share of Site becomes unusable or usable
	EvLink                             // link from Site to Other is cut (On false) or healed
	EvInvalidCopy                      // passive copy of Database on Member fails (a disk); On: it retries by itself
	EvSlow                             // link from Site to Other is slow (On false) or quick again
	EvDisk                             // the log volume of Member is full (On false) or has room again
	EvIndex                            // the content index of Database on Member fails (On false) or is mended
	EvLag                              // the copy of Database on Member has N logs to replay
	EvSlowStart                        // the cluster service of Member will be slow to answer (On false), or not

	eventAutonomous // below: what the world does by itself

	EvStep      // the next micro-step of program N
	EvBoot      // Member's operating system is up
	EvSiteBoot  // Site's domain controllers and witness server are up
	EvRegroup   // clusters notice who is gone
	EvForm      // joining nodes that have a majority form a cluster
	EvJoin      // Member joins the cluster that it reaches, or learns its eviction
	EvBit       // Member's DACP bit rises
	EvShip      // logs reach the copy of Database on Member
	EvReady     // the copy of Database on Member finishes initialising
	EvDiverge   // the returned copy of Database on Member is found diverged
	EvSeeded    // the seed of the copy of Database on Member ends
	EvFailover  // Active Manager mounts Database elsewhere, or again
	EvReplicate // directory of Site takes over what Other's has
	EvReplay    // the copy of Database on Member has replayed what it holds
	EvIndexed   // the content index of the copy of Database on Member has been crawled
	EvVacate    // Active Manager moves Database off a member that is to hold none (DisabledAndMoveNow)
	EvHome      // the replication service moves Database to its preferred copy (PreferenceMoveFrequency)
)

// Event is something that happens to a State.
type Event struct {
	Kind     EventKind
	Site     int
	Other    int
	Member   int
	Database int
	N        int64
	On       bool
	Op       Op
	Span     Span // of a pending event: from when it became possible until it happens
}

var eventNames = [...]string{EvBegin: "begin", EvWrite: "write", EvSite: "site", EvServer: "server", EvHang: "hang", EvService: "service",
	EvFront: "front", EvDirectory: "directory", EvWitness: "witness", EvShare: "share", EvLink: "link", EvInvalidCopy: "copy-fails",
	EvSlow: "slow", EvDisk: "disk", EvIndex: "index", EvLag: "lag", EvSlowStart: "slow-start", EvReplay: "replay", EvIndexed: "indexed", EvVacate: "vacate",
	EvStep: "step", EvBoot: "boot", EvSiteBoot: "site-boot", EvRegroup: "regroup", EvForm: "form", EvJoin: "join", EvBit: "bit",
	EvShip: "ship", EvReady: "ready", EvDiverge: "diverge", EvSeeded: "seeded", EvFailover: "failover", EvReplicate: "replicate", EvHome: "home"}

// Key names a pending event: the same key from one Pending to the next is the same event, whose time goes on running.
func (e Event) Key() string {
	k := eventNames[e.Kind]
	switch e.Kind {
	case EvStep:
		return k + "/" + strconv.FormatInt(e.N, 10)
	case EvBoot, EvJoin, EvBit, EvForm:
		return k + "/" + strconv.Itoa(e.Member)
	case EvSiteBoot:
		return k + "/" + strconv.Itoa(e.Site)
	case EvShip, EvReady, EvDiverge, EvSeeded, EvReplay, EvIndexed:
		return k + "/" + strconv.Itoa(e.Database) + "/" + strconv.Itoa(e.Member)
	case EvFailover, EvHome, EvVacate:
		return k + "/" + strconv.Itoa(e.Database)
	case EvReplicate:
		return k + "/" + strconv.Itoa(e.Other) + ">" + strconv.Itoa(e.Site)
	}
	return k
}

// Background says whether it goes on beside everything else and is not waited for: moves home by PreferenceMoveFrequency come
// within the hour, lagged copies replay after days, indexes are crawled over night.
func (e Event) Background() bool {
	return e.Kind == EvHome || e.Kind == EvReplay || e.Kind == EvIndexed
}

// Autonomous says whether the world does it by itself.
func (e Event) Autonomous() bool { return e.Kind > eventAutonomous }

// The spans of what the world does by itself. Copies initialise in 15 to 30 s (MON); heartbeats are lost after 5 s with
// the cluster's defaults [MEM]; inter-site replication of the directory takes 15 minutes at the least unless change
// notification is on [MEM]; PreferenceMoveFrequency is one hour (PS:Set). The others are [INF].
var (
	spanBoot      = Span{60 * time.Second, 150 * time.Second, 600 * time.Second}
	spanSiteBoot  = Span{45 * time.Second, 90 * time.Second, 300 * time.Second}
	spanRegroup   = Span{5 * time.Second, 8 * time.Second, 20 * time.Second}
	spanForm      = Span{10 * time.Second, 20 * time.Second, 90 * time.Second}
	spanJoin      = Span{10 * time.Second, 20 * time.Second, 120 * time.Second}
	spanBit       = Span{1 * time.Second, 5 * time.Second, 30 * time.Second}
	spanShip      = Span{0, 1 * time.Second, 10 * time.Second}
	spanReady     = Span{10 * time.Second, 15 * time.Second, 30 * time.Second}
	spanDiverge   = Span{5 * time.Second, 15 * time.Second, 60 * time.Second}
	spanSeeded    = Span{60 * time.Second, 120 * time.Second, 24 * time.Hour}
	spanFailover  = Span{5 * time.Second, 15 * time.Second, 60 * time.Second}
	spanReplicate = Span{15 * time.Second, 60 * time.Second, 3 * time.Hour}
	spanReplay    = Span{1 * time.Second, 10 * time.Second, 10 * time.Minute}
	spanIndexed   = Span{60 * time.Second, 10 * time.Minute, 24 * time.Hour}
	spanVacate    = Span{5 * time.Second, 30 * time.Second, 120 * time.Second}
	spanHome      = Span{1 * time.Minute, 30 * time.Minute, 1 * time.Hour}
)

// Name is the first word of the event's key: "failover", "join".
func (e Event) Name() string { return eventNames[e.Kind] }
