// Package peers starts real servers for tests, benchmarks and drills: BIND ([StartBIND]), Knot ([StartKnot]), a file server
// ([StartFiles], smbd) and a whole Active Directory domain with secure DNS ([StartDomain], Samba with BIND's plug-in).
//
//	peers.Skip(t, peers.BIND)                             // SITESWAP_PEERS=1, or the test is skipped
//	s, err := peers.StartBIND(ctx, peers.DNSOptions{
//		Dir:     t.TempDir(),
//		Listen:  []netip.AddrPort{addr},              // peers.Ports gives free ones
//		Keys:    []peers.Key{peers.NewKey("siteswap")},
//		Zones:   []peers.Zone{{Name: "test.local", Records: []string{"mail 60 A 10.0.1.10"}}},
//	})
//	defer s.Close()                                       // s.Kill, s.Start, s.Pause, s.Resume: what may happen to a server
//
// Secure updates, as in Active Directory:
//
//	d, err := peers.StartDomain(ctx, peers.DomainOptions{Dir: t.TempDir(), Realm: "TEST.LOCAL",
//		Controllers: []peers.Controller{{Name: "dc1"}, {Name: "dc2"}}, Accounts: []string{"svc-siteswap"}})
//	defer d.Close()
//	d.DCs[0].Listen                                       // its loopback address: 53 (UDP, TCP), 88, 389, 445, 636
//	d.DCs[0].FQDN                                         // the name that Kerberos knows it by
//	d.KRB5(), d.Password("svc-siteswap"), d.Keytab("svc-siteswap"), d.Ticket(ctx, "svc-siteswap", file)
//	d.Update(ctx, 0, "svc-siteswap", "test.local", "add mail.test.local 60 A 10.0.1.10") // records that the account owns
//	d.DCs[1].Host.Unplug()                                // its cable, not its process
//
// Everything lies in the folder that is given, everything runs on loopback addresses or in network namespaces whose names
// carry this process's id, everything is bounded in time, and every process is ended by its id. A domain is provisioned
// once, into a folder that is kept (SITESWAP_PEERS_CACHE, or siteswap/peers in the user's cache folder), and starts from a
// copy of it in about a second. Nothing of the machine is changed: accounts, folders and name resolution of the servers
// are mounted over the machine's own in a mount namespace that ends with the server.
package peers
