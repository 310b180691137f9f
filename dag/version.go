package dag

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is an Exchange release with its service pack, update rollup or cumulative update.
type Version struct {
	Release int // 2010, 2013, 2016, 2019; 2025 is Subscription Edition
	SP      int // service pack, 0: RTM
	RU      int // update rollup (2010)
	CU      int // cumulative update (2013 and later)
	RTM     bool
}

const releaseSE = 2025

// ParseVersion reads "2010 SP1", "2010 SP2 RU3", "2013 CU7", "2019", "SE", "2010 RTM".
func ParseVersion(text string) (Version, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return Version{}, fmt.Errorf("empty Exchange version; write 2010 SP1, 2016 CU2, 2019 or SE")
	}
	var v Version
	switch fields[0] {
	case "2010", "2013", "2016", "2019":
		v.Release, _ = strconv.Atoi(fields[0])
	case "SE":
		v.Release = releaseSE
	default:
		return Version{}, fmt.Errorf("%q is no Exchange release; one of 2010, 2013, 2016, 2019, SE", fields[0])
	}
	for _, f := range fields[1:] {
		if f == "RTM" {
			v.RTM = true
			continue
		}
		if len(f) < 3 {
			return Version{}, fmt.Errorf("%q is no service pack or update; write SPn, RUn, CUn or RTM", f)
		}
		n, _ := strconv.Atoi(f[2:]) // what is no number does not come back as the same text
		if n < 1 || n > 40 || strconv.Itoa(n) != f[2:] {
			return Version{}, fmt.Errorf("%q is no service pack or update; write SPn, RUn, CUn or RTM", f)
		}
		switch f[:2] {
		case "SP":
			v.SP = n
		case "RU":
			v.RU = n
		case "CU":
			v.CU = n
		default:
			return Version{}, fmt.Errorf("%q is no service pack or update; write SPn, RUn, CUn or RTM", f)
		}
	}
	if v.RTM && (v.SP > 0 || v.CU > 0) {
		return Version{}, fmt.Errorf("%q: RTM excludes a service pack or a cumulative update", text)
	}
	return v, nil
}

// String is the form that ParseVersion reads.
func (v Version) String() string {
	out := strconv.Itoa(v.Release)
	if v.Release == releaseSE {
		out = "SE"
	}
	for _, p := range []struct {
		mark string
		n    int
	}{{"SP", v.SP}, {"CU", v.CU}, {"RU", v.RU}} {
		if p.n > 0 {
			out += fmt.Sprintf(" %s%d", p.mark, p.n)
		}
	}
	if v.RTM {
		out += " RTM"
	}
	return out
}

// MarshalText and UnmarshalText keep the readable form in JSON.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (v *Version) UnmarshalText(b []byte) error {
	parsed, err := ParseVersion(string(b))
	if err == nil {
		*v = parsed
	}
	return err
}

// HasUM: Unified Messaging left the product with 2019 (domain-exchange.md 8.1).
func (v Version) HasUM() bool { return v.Release < 2019 }

// HasComponents: component states came with 2013 (MDAG, Set-ServerComponentState).
func (v Version) HasComponents() bool { return v.Release >= 2013 }

// MovesByPreference: since 2016 CU2 the replication service moves databases home by itself (PreferenceMoveFrequency,
// domain-exchange.md section 2).
func (v Version) MovesByPreference() bool {
	return v.Release > 2016 || v.Release == 2016 && v.CU >= 2
}

// BlockedStopsLocator: in 2013 before CU7 server-locator requests stop when the policy of every member is Blocked (PS:Set-MailboxServer,
// domain-exchange.md 5.5).
func (v Version) BlockedStopsLocator() bool { return v.Release == 2013 && v.CU < 7 }

// NamesMustMove: up to 2010 a database must not be mounted in a site whose client access its clients do not reach
// (domain-exchange.md 1.5 and section 2, rule 6).
func (v Version) NamesMustMove() bool { return v.Release <= 2010 }

// Windows is the server release under the DAG; it decides dynamic quorum (WSQ).
type Windows string

// WindowsReleases are the values a site file may hold.
var WindowsReleases = []string{"2008 R2", "2012", "2012 R2", "2016", "2019", "2022", "2025"}

// DynamicQuorum: 2012 and later adjust node votes (WSQ).
func (w Windows) DynamicQuorum() bool { return w != "2008 R2" }

// DynamicWitness: 2012 R2 and later adjust the witness vote ([MEM] for the release).
func (w Windows) DynamicWitness() bool { return w != "2008 R2" && w != "2012" }
