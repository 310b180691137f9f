package runbooks

// Trouble is a failure that others have met: how it shows, and what to do. Row is the row of domain-exchange.md section 9.
type Trouble struct {
	Row   int
	Shows string
	Do    string
}

// Troubles are the known failures that steps of this program can meet.
func Troubles() []Trouble {
	return []Trouble{
		{1, "After the cleanup of a node the whole DAG is gone.", "It was the last node that held the cluster's database. Start the members of the other site, form the DAG there, seed the copies again. Mail of the meantime is at risk: keep every database file."},
		{2, "Automount consensus not reached.", "A member on the Started list cannot be asked. Bring it back; or mark it stopped with -ConfigurationOnly and run Restore on those that are left."},
		{3, "The last server mounts nothing after a restart.", "The witness restarted with it, so that nobody can say that the other site is not mounting. See that it is not, then run the same Restore again."},
		{4, "A warning says that a server was marked as stopped but could not be removed from the cluster (0x46).", "The cluster was not up yet. Wait until Get-ClusterNode answers, then run the same Restore again."},
		{5, "The cluster API fails with 0x6d9: there are no more endpoints.", "A server that is still on the Started list runs no cluster. Look at both lists, stop the lost site with -ConfigurationOnly once more, stop the cluster service here, run Restore again."},
		{6, "The command can only be run when DatacenterActivationMode is DagOnly.", "Do not change the mode now. Use the Windows tools: stop the cluster service, start one node with /forcequorum, evict the lost nodes, set the quorum model."},
		{7, "Start says that a node is invalid.", "Run the same command again, up to three times with a minute between; then member by member with -MailboxServer."},
		{8, "A returned server keeps trying to join, and its cluster service is not Disabled.", "It has not heard of its eviction. With the link up, clean it: Clear-ClusterNode -Force on that server itself. Then Start again."},
		{9, "Event 1090: configuration data could not be read from the registry.", "That server's cluster database is gone. Clear-ClusterNode -Force on it, restart it, then Start (or Add-DatabaseAvailabilityGroupServer with DAC Off)."},
		{10, "Events 1564, 1069 or 1254: the file share witness failed to arbitrate.", "Look at the rights of the share (the group Exchange Trusted Subsystem, the cluster's computer account) and at the firewall, then run Set-DatabaseAvailabilityGroup without parameters."},
		{11, "WitnessShareInUse says InvalidConfiguration, or still Alternate.", "Run Set-DatabaseAvailabilityGroup with -WitnessServer and -WitnessDirectory written out."},
		{12, "An error about a domain controller of the lost site.", "Harmless, if a domain controller of this site shows the new lists."},
		{13, "The two lists read differently at two domain controllers.", "Bind the shell to this site's domain controller (Set-ADServerSettings -PreferredServer) and run Stop again."},
		{14, "Both sites mount the same database.", "Dismount it in the site that clients do not reach. Treat that copy as diverged: save its files, seed it again later."},
		{15, "The move stops because the content index is Failed.", "Update-MailboxDatabaseCopy NAME -CatalogOnly; or, with a second person's yes, -SkipClientExperienceChecks."},
		{16, "The copy status cannot be read: RPC server unavailable (0x6ba).", "Restart the service MSExchangeRepl on that server; look at its clock and its computer account."},
		{17, "Nothing mounts, and there is no error.", "The copies or the server are blocked. Move by name with -ActivateOnServer, or unblock."},
		{18, "The mount is refused because of a limit.", "Set-MailboxServer NAME -MaximumActiveDatabases higher, mount again."},
		{19, "A database stays dismounted although there is quorum.", "More logs are missing than its server tolerates. Show the number to who answers for the loss; then Move with -MountDialOverride:BestAvailability, or BestEffort as the last."},
		{20, "The log disk fills up.", "Logs are kept for copies that are away. Add space; or remove those copies, which means seeding them again."},
		{21, "A copy is FailedAndSuspended after its server came back.", "It diverged. Save its files, then Update-MailboxDatabaseCopy NAME -DeleteExistingFiles, one per source at a time."},
		{22, "Databases go home by themselves.", "Set PreferenceMoveFrequency to infinite, block the servers at home, move the databases back; then the names in the right order."},
		{23, "Users are cut off although everything is mounted.", "Their caches hold the old address. ipconfig /flushdns where you can; else wait for the TTL."},
		{24, "The cut-off site keeps the databases.", "It holds quorum. Do not force the other site. Fence it first."},
		{25, "The DAG loses quorum unexpectedly.", "The witness was missing and nobody saw. Look at the witness resource, then Set-DatabaseAvailabilityGroup without parameters."},
		{26, "The cluster cannot be opened by the DAG's name.", "Use the name of a node instead."},
		{27, "The Exchange shell cannot be opened.", "Connect to the server's own FQDN, never to the load balancer's name; as the last resort sit at the server."},
		{28, "The command hangs.", "It waits for a question. Stop it, read the state again, run it with -Confirm:$false."},
		{29, "A server looks well but serves nobody.", "Get-ServerComponentState, Get-ClusterNode (Paused?), activation policy: something was left in maintenance."},
		{30, "There are two clusters for one DAG.", "A member was added before the directory had replicated. Remove it and add it again."},
		{31, "Clients are refused with a certificate error.", "The certificate of this site lacks the name. Look at the OutlookProvider and the virtual directories' URLs."},
	}
}

// troubleOf is the trouble of a row; ok is false if the row is not about a step.
func troubleOf(row int) (Trouble, bool) {
	for _, t := range Troubles() {
		if t.Row == row {
			return t, true
		}
	}
	return Trouble{}, false
}
