package exchange_test

import (
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

// TestKnownTable: every entry says what it means and what to do, and none is hidden by one before it.
func TestKnownTable(t *testing.T) {
	for _, k := range exchange.KnownErrors() {
		if k.Code == "" || k.Meaning == "" || !strings.HasSuffix(k.Cure, ".") || len(k.Texts) == 0 {
			t.Errorf("%s lacks something: %+v", k.Code, k)
		}
		for _, text := range k.Texts {
			if text != strings.ToLower(text) {
				t.Errorf("%s: %q is not in lower case", k.Code, text)
			}
			if got, _ := exchange.Classify("Before. " + strings.ReplaceAll(text, "*", " x ") + " After."); got.Code != k.Code {
				t.Errorf("%q is known as %s, want %s", text, got.Code, k.Code)
			}
		}
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]exchange.Code{
		"You can run this command on a database availability group (DAG) only when the DatacenterActivationMode parameter for the DAG is set to DagOnly":                                         dag.ErrNotDagOnly,
		"To perform this operation, the server must be a member of a database availability group, and the database availability group must have quorum. Error: Automount consensus not reached.": dag.ErrConsensus,
		"Server 'EX1' was marked as stopped in database availability group 'DAG1' but couldn't be removed from the cluster. Error: 0x46":                                                         dag.WarnNotEvicted,
		"Cluster API failed: OpenByNames(EX1) failed with 0x6d9. There are no more\n endpoints available from the endpoint mapper":                                                               dag.ErrOpenCluster,
		"0x6ba (The RPC server is unavailable) from cli_RpcsGetCopyStatusWithHealthState":                                                                                                        dag.ErrUnreachable,
		"0x6bad":                          "",
		"status 0x46b9 came before 0x46.": dag.ErrEvict,
		"Failed to create file share witness directory DAG1: WMI exception. The RPC server is unavailable. (0x800706BA)": dag.ErrWitness,
		"The seed failed: SeedInProgressException FE1C6491":                                                              exchange.CodeSeeding,
		"Database copy has content index catalog files in the following state: 'Failed'":                                 dag.ErrCatalog,
		"The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.":           exchange.CodeLanguage,
		"":              "",
		"All is quiet.": "",
	} {
		if got, ok := exchange.Classify(text); got.Code != want || ok != (want != "") {
			t.Errorf("%q is known as %q, want %q", text, got.Code, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("0x46 0x6d9 invalid node")
	f.Fuzz(func(t *testing.T, text string) {
		if k, ok := exchange.Classify(text); ok == (k.Code == "") {
			t.Errorf("%q: %v, %s", text, ok, k.Code)
		}
	})
}
