package phone

import (
	"crypto/sha256"
	"encoding/hex"
	"net"

	"github.com/emiago/sipgo/sip"
)

// answer is the response to a request; nil for none.
func (s *Server) answer(m sip.Message, local net.Addr) []byte {
	req, ok := m.(*sip.Request)
	if !ok || req.Via() == nil || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return nil
	}
	switch req.Method {
	case sip.ACK:
		return nil
	case sip.OPTIONS:
		return s.response(req, 200, "OK", "", nil)
	case sip.BYE:
		s.mu.Lock()
		delete(s.calls, req.CallID().Value())
		s.mu.Unlock()
		return s.response(req, 200, "OK", "", nil)
	case sip.CANCEL:
		return s.response(req, 481, "Call/Transaction Does Not Exist", "", nil)
	case sip.INVITE:
		return s.invite(req, local)
	}
	return s.response(req, 405, "Method Not Allowed", "", nil)
}

func (s *Server) invite(req *sip.Request, local net.Addr) []byte {
	extension := calledExtension(req)
	way := ";transport=" + local.Network()
	switch {
	case !s.o.Serves(extension):
		return s.response(req, 404, "Not Found", "", nil)
	case s.o.Worker != "":
		return s.response(req, 302, "Moved Temporarily", "<sip:"+req.Recipient.User+"@"+s.o.Worker+";user=phone"+way+">", nil)
	}
	s.mu.Lock()
	id := req.CallID().Value()
	fresh := !s.calls[id]
	if fresh {
		if len(s.calls) >= maxCalls {
			clear(s.calls)
		}
		s.calls[id] = true
		s.answered++
	}
	s.mu.Unlock()
	if fresh {
		s.o.OnCall(Served{s.o.Now(), s.o.Name, extension, id})
	}
	return s.response(req, 200, "OK", "<sip:um@"+local.String()+way+">", []byte(sdp(hostOf(local))))
}

// response writes a response with a To tag that is the same for a repeated request.
func (s *Server) response(req *sip.Request, status int, reason, contact string, body []byte) []byte {
	res := sip.NewResponseFromRequest(req, status, reason, body)
	if !req.To().Params.Has("tag") {
		sum := sha256.Sum256([]byte(s.o.Name + "\n" + req.CallID().Value() + "\n" + req.Via().Value()))
		res.To().Params.Remove("tag")
		res.To().Params.Add("tag", hex.EncodeToString(sum[:8]))
	}
	if contact != "" {
		res.AppendHeader(sip.NewHeader("Contact", contact))
	}
	if body != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	}
	return []byte(res.String())
}

// calledExtension is the diversion's user, else the Request-URI's.
func calledExtension(req *sip.Request) string {
	if h := req.GetHeader("Diversion"); h != nil {
		var u sip.Uri
		if _, err := sip.ParseAddressValue(h.Value(), &u, nil); err == nil && u.User != "" {
			return u.User
		}
	}
	return req.Recipient.User
}
