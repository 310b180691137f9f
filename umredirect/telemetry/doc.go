// Package telemetry is what an operator sees of a redirector's calls: a log line per call, the last calls for `siteswap um
// trace`, figures for Prometheus, and a copy of the messages for Homer.
//
// None of it may cost a call. Lines are sampled above a rate, what is kept is bounded, and a sink that is slow loses copies, not
// calls. Calls that are not sampled are still counted.
package telemetry
