package main

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"siteswap/internal/lab/names"
)

// scriptServers are the emulated DNS servers of a script, by its work folder. They hold test.local and ext.test, with
// mail (an address) and web (an alias).
type scriptServers struct {
	mu   sync.Mutex
	list map[string][]*names.Server
	stop map[string][]func()
}

// serve is `nameservers N`: $DNS1, $DNS2 ... are their addresses, dns.key their key, dns.yaml a file for the dns verbs.
func (s *scriptServers) serve(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	secret := []byte("0123456789abcdef0123456789abcdef")
	ts.Check(os.WriteFile(ts.MkAbs("dns.key"), []byte(base64.StdEncoding.EncodeToString(secret)), 0o600))
	for i := range n {
		srv, err := names.New(names.Options{Origin: fmt.Sprintf("ns%d.test.local", i+1), Keys: []names.Key{{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: secret}},
			Zones: []names.Zone{
				{Name: "test.local", Serial: 1, Negative: time.Minute, Records: []names.Record{
					{Name: "mail.test.local", Type: "A", TTL: 5 * time.Minute, Values: []string{"10.0.1.10"}},
					{Name: "web.test.local", Type: "CNAME", TTL: 5 * time.Minute, Values: []string{"mail.test.local"}}}},
				{Name: "ext.test", Serial: 1, Negative: time.Minute, Records: []names.Record{{Name: "mail.ext.test", Type: "A", TTL: 5 * time.Minute, Values: []string{"203.0.113.10"}}}},
			}})
		ts.Check(err)
		l, err := net.Listen("tcp", fmt.Sprintf("127.78.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f))
		ts.Check(err)
		pc, err := net.ListenPacket("udp", l.Addr().String())
		ts.Check(err)
		stop := srv.Start(l, pc)
		ts.Defer(stop)
		ts.Setenv(fmt.Sprintf("DNS%d", i+1), l.Addr().String())
		s.mu.Lock()
		s.list[ts.Getenv("WORK")] = append(s.list[ts.Getenv("WORK")], srv)
		s.stop[ts.Getenv("WORK")] = append(s.stop[ts.Getenv("WORK")], stop)
		s.mu.Unlock()
	}
}

func (s *scriptServers) at(ts *testscript.TestScript, arg string) (*names.Server, func()) {
	i, err := strconv.Atoi(arg)
	ts.Check(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[ts.Getenv("WORK")][i-1], s.stop[ts.Getenv("WORK")][i-1]
}

// put is `put N NAME TYPE VALUE...`: somebody edits a record at server N by hand.
func (s *scriptServers) put(ts *testscript.TestScript, _ bool, args []string) {
	srv, _ := s.at(ts, args[0])
	ts.Check(srv.Put(names.Record{Name: args[1], Type: args[2], TTL: time.Minute, Values: args[3:]}))
}

// has is `has N NAME TYPE VALUE`: server N holds exactly that.
func (s *scriptServers) has(ts *testscript.TestScript, neg bool, args []string) {
	srv, _ := s.at(ts, args[0])
	got, ttl := srv.Values(args[1], args[2])
	if text := fmt.Sprint(got, " ", ttl); (text == "["+args[3]+"] "+args[4]) == neg {
		ts.Fatalf("%s %s holds %s", args[1], args[2], text)
	}
}

// end is `silence N`: server N ends.
func (s *scriptServers) end(ts *testscript.TestScript, _ bool, args []string) {
	_, stop := s.at(ts, args[0])
	stop()
}

func nameCommands() map[string]func(*testscript.TestScript, bool, []string) {
	s := &scriptServers{list: map[string][]*names.Server{}, stop: map[string][]func(){}}
	return map[string]func(*testscript.TestScript, bool, []string){"nameservers": s.serve, "put": s.put, "has": s.has, "silence": s.end}
}
