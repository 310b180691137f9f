package cmdlets

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received := s.o.Now()
	if r.URL.Path != wire.Path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "post a call", http.StatusMethodNotAllowed)
		return
	}
	call, err := wire.DecodeCall(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply, answered := s.Serve(r.Context(), call, received)
	if !answered {
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // closes the connection without a byte
	}
	body, err := json.Marshal(reply)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err = w.Write(body); err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush()
	s.o.Gate(Answered, call, s.name)
}

// Serve runs one call that came at an instant of the server's clock. answered is false when the caller shall hear nothing.
func (s *Server) Serve(ctx context.Context, call wire.Call, received time.Time) (reply wire.Reply, answered bool) {
	action := s.o.Gate(Received, call, s.name)
	if action == Drop || ctx.Err() != nil || !s.alive() {
		return reply, false // whoever died while the call was held is answered by nobody, and the call does nothing
	}
	if action == Fail {
		return failed(timedOut(call)), true
	}
	c, problem := s.check(call)
	if problem != nil {
		return failed(*problem), true
	}
	if c.read != nil {
		return c.read(s.view(), args(call.Parameters)), true
	}
	return s.act(ctx, c, call, received, action)
}

// act runs an acting call. Its time limit is looked at last, just before the operation begins: a call that was held until
// its permit ran out does nothing.
func (s *Server) act(ctx context.Context, c cmdlet, call wire.Call, received time.Time, action Action) (reply wire.Reply, answered bool) {
	p := args(call.Parameters)
	before := s.view()
	ops, problem := c.plan(before, p)
	if problem != nil {
		return failed(*problem), true
	}
	if action == Lie || action == Late {
		if c.objects != nil {
			reply.Objects = c.objects(before, p)
		}
		if action == Late {
			s.later(ctx, call, ops)
		}
		return reply, true
	}
	if call.NotAfter <= 0 || s.o.Now().Sub(received) > call.NotAfter {
		return failed(wire.Record{Message: call.Cmdlet + " was not started: too late, the time in which it might start has passed.", ID: "NotAfter"}), true
	}
	if !s.do(ctx, before, ops, action == Half, &reply) {
		return reply, false // the world has ended
	}
	s.o.Applied(call.Run, call.Step, call.Attempt, call.Text(), s.name)
	action = s.o.Gate(Applied, call, s.name)
	if action == Drop || !s.alive() {
		return reply, false
	}
	if action == Fail {
		return failed(timedOut(call)), true
	}
	if c.objects != nil && len(reply.Errors) == 0 {
		reply.Objects = c.objects(s.view(), p)
	}
	if p.on("Verbose") {
		reply.Verbose = []string{call.Cmdlet + " ran on " + s.name + " and wrote its task log to " + `C:\ExchangeSetupLogs\DagTasks.`}
	}
	return reply, true
}

// do carries the operations out, one after the other until one fails. Of several, half are the first ones; of one, it is for
// the model to say what half of it is.
func (s *Server) do(ctx context.Context, before *view, ops []dag.Op, half bool, reply *wire.Reply) bool {
	do := s.o.Model.Do
	if half && len(ops) > 1 {
		ops = ops[:len(ops)/2]
	} else if h, ok := s.o.Model.(Halver); half && ok {
		do = h.DoHalf
	} else if half {
		return true
	}
	for _, op := range ops {
		answer, err := do(context.WithoutCancel(ctx), op)
		if err != nil {
			return false
		}
		reply.Warnings = append(reply.Warnings, warnings(before.t, answer)...)
		if problem := record(before.t, answer); problem != nil {
			reply.Errors = append(reply.Errors, *problem)
			break
		}
	}
	return true
}

// later carries the operations out when their caller has long been told that they are done. A server that has died by then
// does nothing.
func (s *Server) later(ctx context.Context, call wire.Call, ops []dag.Op) {
	before := s.view()
	time.AfterFunc(s.o.LateBy, func() {
		var reply wire.Reply
		if s.alive() && s.do(context.WithoutCancel(ctx), before, ops, false, &reply) {
			s.o.Applied(call.Run, call.Step, call.Attempt, call.Text(), s.name)
		}
	})
}

func failed(r wire.Record) wire.Reply { return wire.Reply{Errors: []wire.Record{r}} }
