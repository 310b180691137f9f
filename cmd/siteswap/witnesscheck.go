package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/witness"
)

// witnessFound is what `witness check` saw of one witness. What it could not see is absent.
type witnessFound struct {
	Role    string     `json:"role"` // primary, alternate, spare
	Server  string     `json:"server"`
	Site    string     `json:"site"`
	Address string     `json:"address"`
	Share   string     `json:"share,omitempty"` // asked by SMB; without an account only whether the server answers
	Usable  bool       `json:"usable"`
	Why     string     `json:"why,omitempty"`
	Free    *uint64    `json:"free_bytes,omitempty"`
	Log     *bool      `json:"witness_log,omitempty"` // witness.log is there
	Locked  *bool      `json:"locked,omitempty"`      // a cluster holds it
	Boot    *time.Time `json:"boot,omitempty"`
}

func (a *app) witnessCommand() *cobra.Command {
	c := &cobra.Command{Use: "witness", Short: "Check the file share witnesses: primary, alternate, spares", Example: "  siteswap witness check"}
	var lock bool
	var timeout time.Duration
	check := &cobra.Command{Use: "check", Short: "Probe each witness of the site file as a cluster would use it; exit 1 if one is of no use", Args: cobra.NoArgs,
		Long: `Looks at the server, the account, the share, the directory, the rights (a file is made and removed), the free space, witness.log and
the server's start. A DAG with an odd number of members does not feel a broken witness before a switchover needs it.
--lock also opens witness.log for a moment, to see whether a cluster holds it. Without dag.witness.smb only whether the server answers is asked.`,
		Example: "  siteswap witness check\n  siteswap witness check --lock --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			found, err := probeWitnesses(cmd.Context(), site, lock, timeout)
			if err != nil {
				return err
			}
			return a.showWitnesses(cmd, found)
		}}
	check.Flags().BoolVar(&lock, "lock", false, "see whether a cluster holds witness.log; opens it for a moment")
	check.Flags().DurationVar(&timeout, "timeout", 20*time.Second, "how long one may take to answer")
	c.AddCommand(check)
	return c
}

// probeWitnesses asks all witnesses of the site file at once.
func probeWitnesses(ctx context.Context, site *config.Site, lock bool, timeout time.Duration) ([]witnessFound, error) {
	type one struct {
		role string
		of   *config.Witness
	}
	list := []one{{"primary", &site.DAG.Witness}}
	if site.DAG.AlternateWitness != nil {
		list = append(list, one{"alternate", site.DAG.AlternateWitness})
	}
	for i := range site.DAG.SpareWitnesses {
		list = append(list, one{"spare", &site.DAG.SpareWitnesses[i]})
	}
	found := make([]witnessFound, len(list))
	var all sync.WaitGroup
	for i, w := range list {
		target, err := witnessTarget(site, w.of)
		if err != nil {
			return nil, err
		}
		all.Go(func() { found[i] = probeWitness(ctx, w.role, w.of.Site, target, lock, timeout) })
	}
	all.Wait()
	return found, ctx.Err()
}

func probeWitness(ctx context.Context, role, site string, t witness.Target, lock bool, timeout time.Duration) witnessFound {
	out := witnessFound{Role: role, Server: t.Server, Site: site, Address: t.Address}
	d := &net.Dialer{}
	if t.SMB == nil {
		st := witness.Probe(ctx, d, t, timeout)
		out.Usable, out.Why = st.Usable, st.Why
		return out
	}
	smb := *t.SMB
	smb.Lock = lock
	f := witness.ProbeShare(ctx, d, t, smb, timeout)
	st := f.State()
	out.Share, out.Usable, out.Why, out.Free, out.Locked = smb.Share, st.Usable, st.Why, f.Free, f.Locked
	if f.Directory {
		out.Log = &f.Log
	}
	if !f.Boot.IsZero() {
		out.Boot = &f.Boot
	}
	return out
}

func (a *app) showWitnesses(cmd *cobra.Command, found []witnessFound) error {
	bad := error(nil)
	for _, f := range found {
		if !f.Usable {
			bad = &exit{exitFailed, ""}
		}
	}
	if a.json {
		if err := a.printJSON(found); err != nil {
			return err
		}
		return bad
	}
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	y := console.Style{Color: a.color(s), ASCII: a.ascii}
	var rows [][]string
	for _, f := range found {
		mark := console.Good
		if !f.Usable {
			mark = console.Bad
		}
		rows = append(rows, []string{y.Mark(mark) + " " + f.Role, f.Server, f.Site, cmp.Or(f.Why, witnessText(f))})
	}
	if _, err := fmt.Fprint(a.out, console.Table(rows)); err != nil {
		return err
	}
	return bad
}

// witnessText is what was seen of a witness that can be used.
func witnessText(f witnessFound) string {
	if f.Share == "" {
		return "answers; its share is not looked at without an account (smb)"
	}
	text := "share " + f.Share + " can be written"
	if f.Free != nil {
		text += fmt.Sprintf(", %d MiB free", *f.Free>>20)
	}
	if f.Log != nil && !*f.Log {
		text += ", no witness.log yet"
	}
	if f.Locked != nil {
		text += map[bool]string{true: ", a cluster holds witness.log", false: ", nobody holds witness.log"}[*f.Locked]
	}
	if f.Boot != nil {
		text += ", started " + f.Boot.UTC().Format(time.RFC3339)
	}
	return text
}
