package drill

// Event is one thing that happens. Exactly one of its verbs is given.
type Event struct {
	Fail      *Target           `yaml:"fail" doc:"Something breaks."`
	Restore   *Target           `yaml:"restore" doc:"Something is whole again."`
	Cut       *Link             `yaml:"cut" doc:"A link is cut, silently."`
	Heal      *Link             `yaml:"heal" doc:"A link is whole again."`
	Kill      *Target           `yaml:"kill" doc:"A process is killed with SIGKILL and started again a second later."`
	Run       string            `yaml:"run" doc:"The operator asks for a run of this runbook."`
	With      map[string]string `yaml:"with" doc:"Parameters of that run; from and to as a rule come from the scenario's own."`
	Move      *Move             `yaml:"move" doc:"An administrator of Exchange moves a database, without the product."`
	Misbehave *Misbehave        `yaml:"misbehave" doc:"A cmdlet does not do what it says."`
	Hold      []string          `yaml:"hold" doc:"Kinds of what the world does by itself that do not happen until released."`
	Release   []string          `yaml:"release" doc:"Kinds that happen again."`
	Slow      *Slow             `yaml:"slow" doc:"Kinds of what the world does by itself that take longer."`
	Plant     string            `yaml:"plant" enum:"mounted-twice|lost-acknowledged|effect-twice|left-frozen" doc:"Breaks an invariant in the lab, to show that the drill sees it."`
	At        string            `yaml:"at" enum:"start" doc:"start: when everything is served."`
	After     *Anchor           `yaml:"after" doc:"When it happens."`
}

// Target is what breaks.
type Target struct {
	Site             string `yaml:"site" doc:"A whole site loses power."`
	Server           string `yaml:"server" doc:"A server loses power."`
	Hung             string `yaml:"hung" doc:"This server hangs: it has power and answers nobody."`
	Service          string `yaml:"service" doc:"The replication service of this server stops."`
	Front            string `yaml:"front" doc:"The client access of this server stops."`
	Witness          string `yaml:"witness" doc:"The witness server of this site stops."`
	Share            string `yaml:"share" doc:"The witness share of this site cannot be used, although its server runs."`
	DomainController string `yaml:"domain_controller" doc:"The domain controllers of this site stop, its DNS server with them."`
	DNS              string `yaml:"dns" doc:"The DNS server of this site stops, and nothing else."`
	Redirector       string `yaml:"redirector" doc:"The redirector of this site stops."`
	Legacy           string `yaml:"legacy" doc:"This older UM server stops."`
	Disk             string `yaml:"disk" doc:"The log volume of this server is full."`
	Index            string `yaml:"index" doc:"The content index of a copy fails, as DB1/SERVER."`
	ClusterStart     string `yaml:"cluster_start" doc:"The cluster service of this server will be slow to answer when it is started."`
	Copy             string `yaml:"copy" doc:"A passive copy fails, as DB1/SERVER: its disk is broken."`
	Controller       string `yaml:"controller" doc:"A controller by its id, or leader."`
	Link             *bool  `yaml:"link" doc:"With restore site: false: power is back before the links of the site are."`
	Held             *bool  `yaml:"held" doc:"With a site or server. fail: the power control holds its servers off. restore: false lifts that; else they stay off."`
}

// Link is a link between two sites, or all those of a site; one_way cuts only what goes from the first to the second.
type Link struct {
	Link   []string `yaml:"link" doc:"The two sites."`
	Site   string   `yaml:"site" doc:"Instead: every link of this site."`
	OneWay bool     `yaml:"one_way" doc:"Only from the first to the second; of a site: only what it sends."`
}

// Move is what an administrator does by hand: Move-ActiveMailboxDatabase.
type Move struct {
	Database string `yaml:"database" need:"name the database" doc:"The database."`
	To       string `yaml:"to" need:"name the server" doc:"The server that shall mount it."`
}

// Slow lets what the world does by itself take longer, or a link.
type Slow struct {
	Link   []string `yaml:"link" doc:"A link between two sites is slow: logs fall behind. With factor 1 it is quick again."`
	Kinds  []string `yaml:"kinds" doc:"replicate: directories tell each other (DNS zones with them); ship: logs are copied; and others."`
	Factor float64  `yaml:"factor" min:"1" max:"10000" need:"how many times longer" doc:"How many times longer; 1: as ever."`
}

// Misbehave makes a cmdlet hang, lie, fail, lose its answer, do half of it, or do it late.
type Misbehave struct {
	Cmdlet string `yaml:"cmdlet" need:"name the cmdlet" doc:"The cmdlet."`
	How    string `yaml:"how" enum:"lie|half|late|hang|fail|lose-answer|drop" need:"write lie, half, late, hang, fail or lose-answer" doc:"lie: says success and does nothing; half: says success and does half of it; late: says success, and the effect comes a minute later; hang: never answers and does nothing (drop is the same); fail: an error and no effect; lose-answer: the effect and no answer."`
	Times  int    `yaml:"times" min:"1" max:"100" doc:"How often; once unless set."`
}

// Anchor is when an event happens: at a point of a run, never at a time of the clock.
type Anchor struct {
	Step    string   `yaml:"step" doc:"A step of the run."`
	Point   string   `yaml:"point" enum:"intent|call-received|applied|answered|result" doc:"A point of that step."`
	Run     string   `yaml:"run" doc:"A runbook whose run has ended."`
	Outcome string   `yaml:"outcome" enum:"done|failed|refused|aborted|degraded|no-authority" doc:"With this outcome."`
	Seconds *float64 `yaml:"seconds" min:"0" max:"86400" doc:"Lab seconds after the previous event; only on run."`
	Healed  *float64 `yaml:"healed" min:"0" max:"86400" doc:"Lab seconds after the last restore or heal (before the first: after the start)."`
}

// Expect is how a drill must end. Everything that is given must be so.
type Expect struct {
	Outcome   string            `yaml:"outcome" enum:"passed|failed|refused" doc:"The drill's outcome."`
	Violation string            `yaml:"violation" enum:"mounted-twice|lost-acknowledged|effect-twice|left-frozen" doc:"This invariant must be violated."`
	Refused   string            `yaml:"refused" doc:"A run must be refused by this rule."`
	Waiting   string            `yaml:"waiting" doc:"A step must wait for this."`
	Authority string            `yaml:"authority" enum:"none" doc:"none: no controller can act, and says so; nothing is done."`
	Runs      []string          `yaml:"runs" doc:"How the runs end, in their order, where one shall not be done: [failed, done, done]."`
	Mounted   map[string]string `yaml:"mounted" doc:"Where databases are mounted at the end: DB1: a server or a site."`
	Moved     map[string]int    `yaml:"moved" doc:"How often a database was mounted anew."`
	Steps     map[string]string `yaml:"steps" doc:"How steps ended in some run, as restore: skipped."`
	Sessions  []string          `yaml:"sessions" doc:"What clients must have felt, and not if with no-: broken, restart, as in [restart, no-broken]."`
	Outages   string            `yaml:"outages" enum:"none|some" doc:"none: users felt no outage."`
	Legacy    string            `yaml:"legacy_calls" enum:"declined" doc:"declined: calls for older mailboxes got a final answer, and no caller was sent to a dead name."`
	Lossy     *bool             `yaml:"lossy" doc:"true: a copy diverged or logs were lost, within what people approved."`
}
