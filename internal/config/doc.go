// Package config is the site file: what a site's operators say about their DAG, sites, servers, databases, DNS, load
// balancers, Unified Messaging and controllers, read strictly into one validated struct; and the few settings that come
// from flags and environment.
//
// Its duties: Parse reports every problem with its line and its cure, and a Site without errors needs no further check:
// every name resolves, every address parses, every enumeration holds a listed value. Topology is the part of it that the
// model decides on. Relocate moves a whole site file to loopback addresses, for the emulated sites. Secrets never stand
// in the file: key_file, env or command says where they are.
package config
