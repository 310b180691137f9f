package console

import "time"

// View is everything that the live view shows, as values. The caller makes one as often as it likes.
type View struct {
	Title   string
	Elapsed time.Duration // since the drill or run began
	Served  string        // who is served, one sentence
	Outage  Outage
	Run     string // id, for what the keys do
	RunWord string // "switchover", with its outcome once it has one
	Paused  bool

	Sites       []SiteBox
	Links       []Link
	Controllers []Controller // those of no site box
	Unmounted   []string     // databases that nobody is known to mount
	Debts       int
	Steps       []StepLine
	Needs       []Need
	Lines       []string // the plain lines so far: the tail is shown, all of them stay when the view ends
}

// Outage is the clock that matters most.
type Outage struct {
	Running bool
	For     time.Duration
	Text    string // "24 clients cut off"; after it: "16 s = detect 2 + ..."
}

// SiteBox is a site with what stands in it.
type SiteBox struct {
	Name    string
	State   string // Good, Bad, Degraded
	Note    string // "lost", "stopped"
	Servers []Server
	Items   []Item // directory, witness, load balancer, DNS, redirectors, controllers
}

// Server is an Exchange server and the databases that it mounts.
type Server struct {
	Name      string
	State     string
	Text      string
	Databases []string
}

// Item is anything else in a site.
type Item struct {
	State string
	Name  string
	Text  string
}

// Link is a connection between two sites.
type Link struct {
	From, To string
	State    string
	Text     string
}

// Controller is a controller, whether it leads and may act.
type Controller struct {
	ID, Site string
	State    string
	Text     string
}

// StepLine is a step as one line.
type StepLine struct {
	ID       string
	State    string
	Text     string
	Elapsed  time.Duration
	AtMost   time.Duration
	WaitsFor string
}

// Action is what a person can do about a need or a run.
type Action string

// The actions and their keys.
const (
	Approve Action = "approve" // a
	Deny    Action = "deny"    // d
	Pause   Action = "pause"   // p
	Resume  Action = "resume"  // r
	Abort   Action = "abort"   // x
)

// Need is what waits for a person. It stays on the screen until it is dealt with.
type Need struct {
	Run     string
	Step    string // empty: the run as a whole
	What    string // one sentence
	Detail  []string
	Since   time.Duration // on the same clock as View.Elapsed
	Actions []Action
}
