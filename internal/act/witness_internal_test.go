package act

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/witness"
)

// A share is asked beside the observation: only the first question is waited for, an answer is used with its age, one that is
// too old is none.
func TestAskShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials, hang := 0, make(chan struct{})
		w := New(Options{Scale: 1, Now: time.Now, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials++
			if dials > 1 {
				select {
				case <-hang:
				case <-ctx.Done():
				}
			}
			return nil, errors.New("no route to host")
		}})
		target := witness.Target{Server: "dc.test.local", Address: "192.0.2.1:445", SMB: &witness.SMB{Share: "DAG1"}}
		ask := func(wantDials int, wantAge time.Duration, says string) {
			t.Helper()
			st, age := w.askShare(t.Context(), target)
			synctest.Wait()
			if st.Usable || !strings.Contains(st.Why, says) || age != wantAge || dials != wantDials {
				t.Errorf("%+v after %s, %d questions; want %q, %s, %d", st, age, dials, says, wantAge, wantDials)
			}
		}
		ask(1, 0, "The network path was not found")
		time.Sleep(shareEvery / 2)
		ask(1, shareEvery/2, "The network path was not found")
		time.Sleep(shareEvery / 2)
		ask(2, shareEvery, "The network path was not found")             // the second question hangs, and holds nobody up
		time.Sleep(shareLimit + time.Second)                             // until it is given up
		ask(3, shareLimit+time.Second, "The network path was not found") // as old as its question
		close(hang)
		synctest.Wait()
		time.Sleep(shareFresh + time.Second) // nobody observed for long
		ask(4, 0, "no answer about the share")
		ask(4, 0, "The network path was not found")
	})
}
