// Package lab is the emulated pair of sites on real sockets: Exchange servers that answer cmdlets from the model, client-access
// fronts, stores and a transport dumpster, load balancers, a directory and a DNS server per site, witnesses, mail clients and a
// PBX, and the network between them with silent cuts. Faults are calls. Controllers and redirectors are processes of their
// own; the lab forwards what they advertise to what they bind.
package lab
