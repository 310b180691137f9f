package runbooks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/runbooks"
)

// spared is the reference design with a server that can take a witness's place in each site.
func spared() *dag.Topology {
	t := reference()
	t.Spares = []dag.Witness{{Server: "fs2.test.local", Site: 0, Directory: `C:\W`}, {Server: "fs3.test.local", Site: 1, Directory: `C:\W`}}
	return t
}

const oneStep = "name: try\ntitle: A try\nparameters:\n  where: {type: string, default: fs3.test.local}\nsteps:\n  - id: a\n    kind: "

// TestReplacedWitness: a witness that is written out is in the arguments, in what the model is asked, in the plan and on paper.
func TestReplacedWitness(t *testing.T) {
	for _, tt := range []struct {
		name, step, does, look string
		ops                    []dag.Op
		paths                  []string
	}{
		{"primary", "dag.set\n    with: {witness: {server: fs2.test.local, directory: 'C:\\W'}}", `Set-DatabaseAvailabilityGroup DAG1 -WitnessServer fs2.test.local -WitnessDirectory C:\W`,
			`fl WitnessServer,WitnessDirectory   -> fs2.test.local, C:\W`, []dag.Op{{Kind: dag.OpSet, Witness: dag.WitnessPrimary, Replace: dag.WitnessPrimary, Spare: 1}}, []string{"dag/witness_server"}},
		{"alternate, from a parameter", "dag.set\n    with: {run_from: DR, alternate_witness: {server: '{{where}}', directory: 'C:\\W'}}", `Set-DatabaseAvailabilityGroup DAG1 -AlternateWitnessServer fs3.test.local -AlternateWitnessDirectory C:\W`,
			`fl AlternateWitnessServer,AlternateWitnessDirectory   -> fs3.test.local, C:\W`, []dag.Op{{Kind: dag.OpSet, From: 1, Witness: dag.WitnessPrimary, Replace: dag.WitnessAlternate, Spare: 2}}, []string{"dag/alternate_server"}},
		{"both", "dag.set\n    with: {witness: {server: fs2.test.local, directory: 'C:\\W'}, alternate_witness: {server: FS3.test.local, directory: 'c:\\w'}}",
			`-WitnessServer fs2.test.local -WitnessDirectory C:\W -AlternateWitnessServer FS3.test.local`, "fs2.test.local",
			[]dag.Op{{Kind: dag.OpSet, Witness: dag.WitnessPrimary, Replace: dag.WitnessPrimary, Spare: 1}, {Kind: dag.OpSet, Witness: dag.WitnessPrimary, Replace: dag.WitnessAlternate, Spare: 2}},
			[]string{"dag/witness_server", "dag/alternate_server"}},
		{"restore", "dag.restore\n    with: {site: DR, witness: {server: fs3.test.local, directory: 'C:\\W'}}", `Restore-DatabaseAvailabilityGroup DAG1 -ActiveDirectorySite DR -AlternateWitnessServer fs3.test.local -AlternateWitnessDirectory C:\W`,
			"-> fs3.test.local", []dag.Op{{Kind: dag.OpRestore, From: 1, Site: 1, Witness: dag.WitnessAlternate, Replace: dag.WitnessAlternate, Spare: 2}}, []string{"dag/alternate_server"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			topo := spared()
			rb, problems := runbooks.Parse("try.yaml", []byte(oneStep+tt.step+"\n"))
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			plan, problems := runbooks.Compile(rb, topo, nil)
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			s, k := plan.Steps[0], kind(t, plan.Steps[0].Kind)
			if diff := cmp.Diff(tt.ops, k.Model(topo, s.With, dag.Facts{})); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			if does, _ := k.Summary(topo, s.With); !strings.Contains(does, tt.does) {
				t.Errorf("the plan says %q", does)
			}
			if by := strings.Join(k.ByHand(topo, s.With), "\n"); !strings.Contains(by, tt.does) {
				t.Errorf("by hand:\n%s", by)
			}
			if look := strings.Join(k.Look(topo, s.With), "\n"); !strings.Contains(look, tt.look) {
				t.Errorf("look:\n%s", look)
			}
			if got := k.Footprint(topo, s.With)[:len(tt.paths)]; !cmp.Equal(got, tt.paths) {
				t.Errorf("footprint %v", got)
			}
		})
	}
}

func kind(t *testing.T, name string) runbooks.Kind {
	t.Helper()
	k, ok := runbooks.KindOf(name)
	if !ok {
		t.Fatal("no kind " + name)
	}
	return k
}

// TestReplacedWitnessProblems: what is wrong with a witness that is written out is said before anything is planned.
func TestReplacedWitnessProblems(t *testing.T) {
	for _, tt := range []struct{ name, step, want string }{
		{"half", "dag.set\n    with: {witness: {server: fs2.test.local}}", "there is no directory; write {server: FQDN, directory:"},
		{"field", "dag.set\n    with: {witness: {server: fs2.test.local, directroy: x, directory: 'C:\\W'}}", "no field of witness; did you mean `directory`?"},
		{"no mapping", "dag.set\n    with: {alternate_witness: fs2.test.local}", "no witness stands here"},
		{"mapping elsewhere", "dag.stop\n    with: {site: {server: x}}", "a mapping stands where a plain value is wanted"},
		{"parameter", "dag.set\n    with: {witness: {server: '{{there}}', directory: 'C:\\W'}}", `there is no parameter "there"`},
		{"unknown server", "dag.set\n    with: {witness: {server: fs9.test.local, directory: 'C:\\W'}}", `no witness server "fs9.test.local" that could be the Primary witness`},
		{"the other witness", "dag.set\n    with: {witness: {server: dc-dr.test.local, directory: 'C:\\W'}}", "dag.spare_witnesses"},
		{"directory", "dag.restore\n    with: {site: DR, witness: {server: fs2.test.local, directory: 'D:\\W'}}", `"D:\\W" is not the directory that the site file has for fs2.test.local; write C:\W`},
		{"two at once", "dag.set\n    with: {witness: auto, alternate_witness: {server: fs2.test.local, directory: 'C:\\W'}}", "make two steps of it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rb, problems := runbooks.Parse("try.yaml", []byte(oneStep+tt.step+"\n"))
			if problems.Err() == nil {
				_, problems = runbooks.Compile(rb, spared(), nil)
			}
			if problems.Err() == nil || !strings.Contains(problems.Err().Error(), tt.want) {
				t.Errorf("got %v, want %s", problems, tt.want)
			}
		})
	}
}
