package exchange

import (
	"strings"

	"siteswap/dag"
)

// Code names a known error or warning. Where the model has an answer of that meaning, the code is the model's.
type Code = dag.Code

// Codes of the driver's own; the others are those of package dag.
const (
	CodeNotSent        Code = "not-sent"        // the endpoint was not reached
	CodeTooLate        Code = "too-late"        // the permit ran out before the far end started
	CodeNoAuthority    Code = "no-authority"    // an acting call without run, step and time limit
	CodeEmptyParameter Code = "empty-parameter" // a parameter that must not be empty
	CodeNotOneObject   Code = "not-one-object"  // a Get did not return exactly the object that was named
	CodeNotFound       Code = "not-found"       // no object of that name
	CodePrompt         Code = "prompt"          // the cmdlet wants a confirmation
	CodeLanguage       Code = "no-language"     // script text sent to a NoLanguage endpoint
	CodeParameter      Code = "parameter"       // the cmdlet has no such parameter, or not in this combination
	CodeSeeding        Code = "seeding"         // a seed from the same source is under way
	CodeNoEvents       Code = "no-events"       // no event matches
	CodeTimeout        Code = "timeout"         // the server gave up waiting; the effect may have come all the same
	CodeRegistry       Code = "registry-1090"   // the node's cluster configuration is gone
	CodeLogon          Code = "logon"           // Kerberos, RBAC or session limits
)

// KnownError is an error or warning whose meaning is documented, and what to do about it.
type KnownError struct {
	Code    Code
	Texts   []string // any of these is in the text, in lower case; * stands for anything in between
	Meaning string
	Cure    string
	Benign  bool // never a failure
	// BenignIfListed: harmless if and only if the recovery site's directory shows the new lists (section 9, row 12).
	BenignIfListed bool
	Retry          bool // the documented cure is to run the same again, once the state has been observed
	Row            int  // of domain-exchange.md section 9; 0: none
}

// Classify finds what is known about the text of an error or warning. Of several the first in KnownErrors counts.
func Classify(text string) (KnownError, bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, k := range KnownErrors() {
		for _, pattern := range k.Texts {
			if matches(text, pattern) {
				return k, true
			}
		}
	}
	return KnownError{}, false
}

func lookup(code Code) (KnownError, bool) {
	for _, k := range KnownErrors() {
		if k.Code == code {
			return k, true
		}
	}
	return KnownError{}, false
}

// matches looks for the parts of a pattern, in their order. A hexadecimal code must end where its part ends: 0x46 is not
// 0x46b.
func matches(text, pattern string) bool {
	for part := range strings.SplitSeq(pattern, "*") {
		for {
			i := strings.Index(text, part)
			if i < 0 {
				return false
			}
			text = text[i+len(part):]
			if !strings.HasPrefix(part, "0x") || text == "" || !strings.Contains("0123456789abcdef", text[:1]) {
				break
			}
		}
	}
	return true
}
