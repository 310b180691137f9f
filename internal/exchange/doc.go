// Package exchange drives Exchange and the Windows cluster under it, one cmdlet at a time. Every method builds calls with
// typed parameters, sends them through a Transport, keeps every stream of the answer, and says Done, Failed or Unknown.
//
// A method never repeats an acting call and never picks another endpoint: both are decisions of the run, which observes
// first. Done means that the endpoint said so; what really happened is for the observation that follows.
package exchange
