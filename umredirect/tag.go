package umredirect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	stdhash "hash"
	"strconv"
	"strings"
)

// toTag is the tag of an answer to a request.
func toTag(m *message, key []byte) string {
	v, _ := m.topVia()
	branch, _ := v.param("branch")
	seq := "" // without the method, which differs in the CANCEL
	if words := strings.Fields(m.one("cseq")); len(words) > 0 {
		seq = words[0]
	}
	return string(appendTag(newTagger(key), nil, m.one("call-id"), m.tag("from"), branch, seq, m.uri))
}

// tagger makes To tags, without allocating when it is used again. Use it from one goroutine.
type tagger struct {
	mac  stdhash.Hash
	text []byte
	sum  [sha256.Size]byte
}

func newTagger(key []byte) *tagger { return &tagger{mac: hmac.New(sha256.New, key)} }

// appendTag appends a keyed hash of what the request is known by (RFC 3261, section 8.2.7): the same for every copy of it, for
// its CANCEL, and at every redirector with the same key, and not to be guessed by others.
func appendTag[T string | []byte](g *tagger, b []byte, callID, fromTag, branch, sequence, uri T) []byte {
	g.text = g.text[:0]
	for _, part := range [...]T{callID, fromTag, branch, sequence, uri} {
		g.text = strconv.AppendInt(g.text, int64(len(part)), 10)
		g.text = append(append(g.text, ':'), part...)
	}
	g.mac.Reset()
	g.mac.Write(g.text)
	return hex.AppendEncode(b, g.mac.Sum(g.sum[:0])[:8])
}
