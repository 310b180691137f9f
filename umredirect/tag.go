package umredirect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// toTag is a keyed hash of what the request is known by (RFC 3261, section 8.2.7): the same for every copy of it, for its
// CANCEL, and at every redirector with the same key, and not to be guessed by others.
func toTag(m *message, key []byte) string {
	v, _ := m.topVia()
	branch, _ := v.param("branch")
	seq := "" // without the method, which differs in the CANCEL
	if words := strings.Fields(m.one("cseq")); len(words) > 0 {
		seq = words[0]
	}
	h := hmac.New(sha256.New, key)
	for _, part := range []string{m.one("call-id"), m.tag("from"), branch, seq, m.uri} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
