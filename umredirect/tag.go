package umredirect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/dchest/siphash"
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
	k0, k1 uint64
	text   []byte
}

// newTagger takes a secret of any length.
func newTagger(secret []byte) *tagger {
	key := sha256.Sum256(secret)
	return &tagger{k0: binary.LittleEndian.Uint64(key[:]), k1: binary.LittleEndian.Uint64(key[8:])}
}

// appendTag appends a keyed hash of what the request is known by (RFC 3261, section 8.2.7): the same for every copy of it, for
// its CANCEL, and at every redirector with the same key, and not to be guessed by others. SipHash is made for this, 64 bits of a
// short text under a secret key; an HMAC took a third of the time of a plain call.
func appendTag[T string | []byte](g *tagger, b []byte, callID, fromTag, branch, sequence, uri T) []byte {
	g.text = g.text[:0]
	for _, part := range [...]T{callID, fromTag, branch, sequence, uri} {
		g.text = binary.LittleEndian.AppendUint32(g.text, uint32(len(part)))
		g.text = append(g.text, part...)
	}
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], siphash.Hash(g.k0, g.k1, g.text))
	return hex.AppendEncode(b, sum[:])
}
