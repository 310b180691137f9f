package drill

import (
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/config"
)

// Options are what a drill is made from.
type Options struct {
	Site     *config.Site
	Scenario *Scenario
	Speed    float64
	Fail, To string   // sites; "": the home site, and the other one with members
	Override []string // rules that the operator overrides when they refuse
	Seed     uint64
	Program  string // the siteswap binary, for controllers and redirectors
	Dir      string // an empty folder for site file, keys, logs and state
	Keep     bool   // leave the folder
	DNS      string // real servers instead of the emulated ones: bind, knot or samba; "" or lab: none
	Witness  string // smb: real file servers as witnesses; "" or lab: none
	PBX      string // sipp: SIPp makes the calls; "" or lab: the emulated PBX does
	Version  string
	Again    string // the command that runs it again
	// Plan compiles a runbook into a request, as an operator's command would.
	Plan  func(site *config.Site, runbook string, params map[string]string) (api.StartRequest, error)
	Watch Watcher
}

// Watcher shows what happens. Calls do not overlap.
type Watcher interface {
	Head(text string)
	Line(at time.Time, text string)
	Step(at time.Time, id, state, text string)
	Refusal(at time.Time, r api.Refusal)
	Situation(s Situation)
}

// Situation is everything that a live view shows, a few times a second.
type Situation struct {
	Title       string
	Start, Now  time.Time
	Facts       dag.Facts // what the emulated sites are, seen from the surviving site
	Status      api.Status
	API         *api.Client // for what a person does in the live view
	Dead        []string    // controllers that were killed
	Lost        []string    // sites without power
	Cut         [][2]string
	Served      int
	Clients     int
	OutageSince time.Time // zero: everybody is served
	Outage      string    // of the last one, once it is over
}
