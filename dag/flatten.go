package dag

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Value is one fact as a line: a path that stays the same from one observation to the next, and its value as text. Path
// segments are divided by "/", since addresses and FQDNs hold dots.
type Value struct {
	Path  string        `json:"path"`
	Known bool          `json:"known"`
	Text  string        `json:"text"`
	From  string        `json:"from,omitempty"`
	Age   time.Duration `json:"age,omitempty"`
	Why   string        `json:"why,omitempty"`
}

// Flatten is every fact as a line, sorted by path.
func Flatten(t *Topology, f *Facts) []Value {
	var out []Value
	put(&out, "dag/mode", f.Mode)
	put(&out, "dag/preference_moves", f.Cluster.PreferenceMoves)
	put(&out, "dag/witness_server", f.Cluster.WitnessServer)
	put(&out, "dag/alternate_server", f.Cluster.AlternateServer)
	for i := range f.Sites {
		p := "sites/" + t.Sites[i].Name + "/"
		sf := &f.Sites[i]
		put(&out, p+"directory", sf.Directory)
		put(&out, p+"started", sf.Started)
		put(&out, p+"stopped", sf.Stopped)
		put(&out, p+"witness", sf.Witness)
		put(&out, p+"vip", sf.VIP)
		for k := range sf.Pool {
			m := t.Members[t.Sites[i].Pool[k]].Name
			put(&out, p+"pool/"+m+"/enabled", sf.Pool[k].Enabled)
			put(&out, p+"pool/"+m+"/healthy", sf.Pool[k].Healthy)
		}
	}
	for i := range f.Members {
		flattenMember(&out, "members/"+t.Members[i].Name+"/", &f.Members[i])
	}
	for i := range f.Databases {
		db := t.Databases[i].Name
		put(&out, "databases/"+db+"/mounted_on", f.Databases[i].MountedOn)
		put(&out, "databases/"+db+"/active", f.Databases[i].Active)
		for k := range f.Databases[i].Copies {
			flattenCopy(&out, "copies/"+db+"/"+t.Members[t.Databases[i].Copies[k].Member].Name+"/", &f.Databases[i].Copies[k])
		}
	}
	for i := range f.DNS {
		p := "dns/" + t.DNSServers[i/len(t.Names)].Address + "/" + t.Names[i%len(t.Names)].Name + "/"
		put(&out, p+"answers", f.DNS[i].Answers)
		put(&out, p+"takes", f.DNS[i].Takes)
		put(&out, p+"ttl", f.DNS[i].TTL)
		put(&out, p+"sites", f.DNS[i].Sites)
	}
	for i := range f.Resolvers { // how long its cache lasts is a countdown, and nothing to compare or to show as evidence
		put(&out, "resolvers/"+t.Resolvers[i/len(t.Names)]+"/"+t.Names[i%len(t.Names)].Name+"/answers", f.Resolvers[i].Answers)
	}
	for i := range f.Redirector {
		p := "redirectors/" + t.Redirectors[i].Listen + "/"
		put(&out, p+"answers", f.Redirector[i].Answers)
		put(&out, p+"site", f.Redirector[i].Site)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Path < out[b].Path })
	return out
}

func flattenMember(out *[]Value, p string, f *MemberFacts) {
	put(out, p+"answers", f.Answers)
	put(out, p+"power", f.Power)
	put(out, p+"cluster", f.Cluster)
	put(out, p+"start_type", f.StartType)
	put(out, p+"evicted", f.Evicted)
	put(out, p+"quorum", f.Quorum)
	put(out, p+"nodes", f.Nodes)
	put(out, p+"up", f.Up)
	put(out, p+"model", f.Model)
	put(out, p+"witness_in_use", f.Witness)
	put(out, p+"pam", f.PAM)
	put(out, p+"may_mount", f.MayMount)
	put(out, p+"policy", f.Policy)
	put(out, p+"dial", f.Dial)
	put(out, p+"mounts", f.MountsHere)
	put(out, p+"front", f.Front)
	put(out, p+"um", f.UM)
	put(out, p+"paused", f.Paused)
	put(out, p+"move_now", f.MoveNow)
	put(out, p+"disk", f.Disk)
	put(out, p+"in_service", f.InService)
	put(out, p+"transport", f.Transport)
}

func flattenCopy(out *[]Value, p string, f *CopyFacts) {
	put(out, p+"status", f.Status)
	put(out, p+"copy_queue", f.CopyQueue)
	put(out, p+"replay_queue", f.ReplayQueue)
	put(out, p+"last_generated", f.LastGenerated)
	put(out, p+"last_inspected", f.LastInspected)
	put(out, p+"activation_suspended", f.ActivationSuspended)
	put(out, p+"diverged", f.Diverged)
	put(out, p+"content_index", f.Index)
}

func put[T any](out *[]Value, path string, f Fact[T]) {
	v := Value{Path: path, Known: f.Known, From: f.From, Age: f.Age, Why: f.Why}
	if f.Known {
		switch x := any(f.Value).(type) {
		case []string:
			v.Text = strings.Join(x, ", ")
		case time.Duration:
			v.Text = x.String()
		default:
			v.Text = fmt.Sprint(x)
		}
	}
	*out = append(*out, v)
}

func sorted(names []string) []string {
	sort.Strings(names)
	return names
}
