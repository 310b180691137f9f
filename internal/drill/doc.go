// Package drill rehearses a datacenter switchover and a failback: it starts the emulated sites, the controllers and the
// redirectors, injects the faults of a scenario, asks the controllers for runs as an operator would, and collects what users
// felt. It knows the product only by its API and its processes.
package drill
