package witness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	smb2 "github.com/cloudsoda/go-smb2"
)

// Trouble is a failure of a witness as Exchange and the cluster report it, and what to do. Texts and numbers: domain-exchange.md
// section 6.
type Trouble struct {
	Text  string // what Exchange says
	Event string // the cluster's events that go with it
	Code  string // the Windows error in their logs
	Do    string
}

// String is one sentence for an operator.
func (t Trouble) String() string {
	s := t.Text
	if t.Event != "" {
		s += " (cluster events " + t.Event
		if t.Code != "" {
			s += ", error " + t.Code
		}
		s += ")"
	}
	return s + "; " + t.Do
}

// NT status codes (MS-ERREF 2.3.1).
const (
	statusLogonFailure      = 0xC000006D
	statusAccountLocked     = 0xC0000234
	statusPasswordExpired   = 0xC0000071
	statusAccessDenied      = 0xC0000022
	statusBadNetworkName    = 0xC00000CC
	statusObjectNameMissing = 0xC0000034
	statusObjectPathMissing = 0xC000003A
	statusSharingViolation  = 0xC0000043
	statusFileLockConflict  = 0xC0000054
	statusDiskFull          = 0xC000007F
	statusWriteProtected    = 0xC00000A2
)

// code is the NT status of an error; 0: it has none.
func code(err error) uint32 {
	var re *smb2.ResponseError
	if errors.As(err, &re) {
		return re.Code
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		return statusAccessDenied
	case errors.Is(err, os.ErrNotExist):
		return statusObjectNameMissing
	}
	return 0
}

const unable = "Unable to access file shares on witness server '%s'. Error: %s"

// troubleOf explains a failed connection.
func troubleOf(t Target, s SMB, err error) Trouble {
	var at *stepError
	where := stepReach
	if errors.As(err, &at) {
		where = at.step
	}
	var timeout net.Error
	silent := errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case where == stepReach || silent:
		return Trouble{fmt.Sprintf(unable, t.Server, "The network path was not found. ("+reason(err)+")"), "1562, 1564", "53",
			"check that the server is up and that TCP 445 (file and printer sharing) and WMI are open to it"}
	case strings.Contains(err.Error(), "KRB_AP_ERR_SKEW") || strings.Contains(err.Error(), "Clock skew"):
		return Trouble{fmt.Sprintf(unable, t.Server, "KRB_AP_ERR_SKEW: the clocks differ by more than 5 minutes"), "1564", "1398",
			"set the clock of this machine and of the witness server by the domain's time"}
	case where == stepLogin:
		return loginTrouble(t, s, err)
	case code(err) == statusBadNetworkName:
		return Trouble{fmt.Sprintf(unable, t.Server, "The network name cannot be found: there is no share '"+s.Share+"'"), "1564, 1069", "67",
			"make the directory and the share, give the cluster's name object full control of both, then run Set-DatabaseAvailabilityGroup"}
	}
	return denied(t, "connecting to share '"+s.Share+"'", err)
}

func loginTrouble(t Target, s SMB, err error) Trouble {
	text, number := "Logon failure: unknown user name or bad password", "1326"
	switch code(err) {
	case statusPasswordExpired:
		text, number = "Logon failure: the password of the account has expired", "1330"
	case statusAccountLocked:
		text, number = "the account is locked out", "1909"
	case statusLogonFailure:
	default:
		text += " (" + reason(err) + ")"
	}
	return Trouble{fmt.Sprintf(unable, t.Server, text), "1564", number, "check the account " + s.Login.User + " with which Siteswap probes, and its secret"}
}

// denied is error 5: rights are missing.
func denied(t Target, what string, err error) Trouble {
	if c := code(err); c != statusAccessDenied && c != statusWriteProtected {
		return Trouble{fmt.Sprintf(unable, t.Server, what+": "+reason(err)), "1564", "", "look at the share and its disk on the server"}
	}
	return Trouble{fmt.Sprintf(unable, t.Server, "Access is denied: "+what), "1564, 1069", "5",
		"put Exchange Trusted Subsystem into the server's Administrators, give the cluster's name object full control of share and directory, then run Set-DatabaseAvailabilityGroup"}
}

// reason is the innermost text, without what the library says around it.
func reason(err error) string {
	var re *smb2.ResponseError
	if errors.As(err, &re) {
		return strings.TrimPrefix(re.Error(), "response error: ")
	}
	return err.Error()
}
