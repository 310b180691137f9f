package witness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"
)

// logName is the file that a cluster locks as its extra vote (domain-exchange.md section 6).
const logName = "witness.log"

// minFree is what a witness needs at least; its log is small.
const minFree = 1 << 20

// Found is what a probe saw of a share. What it could not see is nil.
type Found struct {
	Reachable bool
	LoggedIn  bool
	Share     bool
	Directory bool
	Writable  bool
	Free      *uint64   // bytes
	Log       bool      // witness.log is there
	Locked    *bool     // a cluster holds it
	Boot      time.Time // of the server; zero: it does not say
	Trouble   *Trouble  // the first thing that makes it useless
}

// State is the short form.
func (f Found) State() State {
	if f.Trouble != nil {
		return State{Why: f.Trouble.String()}
	}
	return State{Usable: true}
}

// ProbeShare looks at a witness from the outside in: server, account, share, directory, rights (a file is made and removed),
// free space, witness.log. It leaves nothing behind.
func ProbeShare(ctx context.Context, d Dialer, t Target, s SMB, timeout time.Duration) Found {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var f Found
	in, err := s.connect(ctx, d, t)
	var at *stepError
	if errors.As(err, &at) {
		f.Reachable, f.LoggedIn = at.step != stepReach, at.step == stepShare
	}
	if err != nil {
		trouble := troubleOf(t, s, err)
		f.Trouble = &trouble
		return f
	}
	defer in.close()
	f.Reachable, f.LoggedIn, f.Share = true, true, true
	f.Boot = bootTime(ctx, d, t)
	f.Trouble = in.look(t, s, &f)
	return f
}

// look fills in what lies behind the share, and gives the first trouble.
func (in *session) look(t Target, s SMB, f *Found) *Trouble {
	dir := s.path("")
	if dir == "" {
		dir = "."
	}
	st, err := in.share.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !st.IsDir():
		return &Trouble{fmt.Sprintf("The task was unable to create the default witness directory on server %s: there is no directory '%s'", t.Server, s.Directory), "1564", "3",
			"make the directory and give the cluster's name object full control, then run Set-DatabaseAvailabilityGroup"}
	case err != nil:
		trouble := denied(t, "reading directory '"+s.Directory+"'", err)
		return &trouble
	}
	f.Directory = true
	if fs, err := in.share.Statfs(dir); err == nil {
		free := fs.AvailableBlockCount() * fs.BlockSize() * max(fs.FragmentSize(), 1)
		f.Free = &free
	}
	in.lookAtLog(s, f)
	if err := in.write(s); err != nil {
		if code(err) == statusDiskFull {
			return full(t)
		}
		trouble := denied(t, "writing into directory '"+s.Directory+"'", err)
		return &trouble
	}
	f.Writable = true
	if f.Free != nil && *f.Free < minFree {
		return full(t)
	}
	return nil
}

func full(t Target) *Trouble {
	return &Trouble{fmt.Sprintf(unable, t.Server, "There is not enough space on the disk"), "1564", "112", "free space on the disk of the witness directory"}
}

// lookAtLog: a file that a cluster holds is opened by nobody else.
func (in *session) lookAtLog(s SMB, f *Found) {
	if _, err := in.share.Stat(s.path(logName)); err != nil {
		return
	}
	f.Log = true
	if !s.Lock {
		return
	}
	file, err := in.share.Open(s.path(logName))
	locked := false
	switch c := code(err); {
	case err == nil:
		_, err = file.Read(make([]byte, 1))
		locked = code(err) == statusFileLockConflict
		file.Close()
	case c == statusSharingViolation || c == statusFileLockConflict:
		locked = true
	default:
		return // not known
	}
	f.Locked = &locked
}

// write makes a file and removes it: the right that a cluster needs when it takes the witness.
func (in *session) write(s SMB) error {
	tag := make([]byte, 6)
	if _, err := rand.Read(tag); err != nil {
		return err
	}
	name := s.path("siteswap-probe-" + hex.EncodeToString(tag))
	f, err := in.share.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, werr := f.Write([]byte("probe\n"))
	cerr := f.Close()
	return errors.Join(werr, cerr, in.share.Remove(name))
}
