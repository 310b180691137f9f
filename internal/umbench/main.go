// Command umbench measures the UM redirector against Kamailio and against servers that only send datagrams back, and soaks it.
//
// Everything happens on loopback in one run: the servers on one processor, the calls from another, in rounds whose order is
// drawn, so that what disturbs the machine disturbs all of them. Of a figure on an unknown machine only the ratio to its
// neighbours counts. scripts/bench.sh and scripts/soak.sh run it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	siteswap, site, kamailio, modules, gcc string
	dir                                    string
	round, duration                        time.Duration
	rounds                                 int
	serverCPU                              string
	sizes                                  string
	rate, peak                             float64
}

func main() {
	var o options
	flag.StringVar(&o.siteswap, "siteswap", "bin/siteswap", "the program")
	flag.StringVar(&o.site, "site", "internal/config/reference.yaml", "a site file, whose um part is replaced")
	flag.StringVar(&o.kamailio, "kamailio", "/usr/sbin/kamailio", "Kamailio; without it there is nothing to compare with")
	flag.StringVar(&o.modules, "modules", "/usr/lib/x86_64-linux-gnu/kamailio/modules/", "its modules")
	flag.StringVar(&o.gcc, "gcc", "gcc", "a C compiler, for the floor in C; empty: none")
	flag.StringVar(&o.serverCPU, "server-cpu", "0", "processor of the servers (taskset -c); empty: any")
	flag.StringVar(&o.sizes, "sizes", "100,100000,1000000", "numbers of mailboxes")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of the bench")
	flag.DurationVar(&o.round, "round", 1200*time.Millisecond, "length of one measurement")
	flag.DurationVar(&o.duration, "duration", 10*time.Minute, "length of the soak")
	flag.Float64Var(&o.peak, "peak", 0, "calls per second that the soak takes for the peak; 0: it is measured")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, flag.Args())
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "umbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say bench, soak, sipp, or echo PORT")
	}
	switch args[0] {
	case "bench":
		return withRig(o, func(r *rig) error { return bench(ctx, o, r) })
	case "soak":
		return withRig(o, func(r *rig) error { return soak(ctx, o, r) })
	case "sipp":
		return withRig(o, func(r *rig) error { return sipp(ctx, o, r) })
	case "echo":
		if len(args) == 2 {
			return echo(args[1])
		}
	}
	return fmt.Errorf("say bench, soak, sipp, or echo PORT, not %q", args)
}
