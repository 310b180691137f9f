package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/exchange/wire"
)

func TestCallText(t *testing.T) {
	tests := []struct {
		call wire.Call
		want string
	}{
		{wire.Call{Cmdlet: "Stop-DatabaseAvailabilityGroup", Parameters: map[string]any{"Identity": "DAG1", "Confirm": false, "ConfigurationOnly": true, "ActiveDirectorySite": "Prod"}},
			"Stop-DatabaseAvailabilityGroup DAG1 -ActiveDirectorySite Prod -ConfigurationOnly:$true -Confirm:$false"},
		{wire.Call{Cmdlet: "Set-DatabaseAvailabilityGroup", Parameters: map[string]any{"Identity": "DAG1", "PreferenceMoveFrequency": "-00:00:00.0010000"}},
			"Set-DatabaseAvailabilityGroup DAG1 -PreferenceMoveFrequency '-00:00:00.0010000'"},
		{wire.Call{Cmdlet: "Move-ClusterGroup", Parameters: map[string]any{"Name": "Cluster Group", "Node": "EX1"}}, "Move-ClusterGroup -Name 'Cluster Group' -Node EX1"},
		{wire.Call{Cmdlet: "X", Parameters: map[string]any{"Identity": "it's; $x", "L": []string{"a b", "c"}, "N": int64(3), "Z": nil}}, "X 'it''s; $x' -L 'a b',c -N 3 -Z $null"},
		{wire.Call{Cmdlet: "Get-Cluster"}, "Get-Cluster"},
		{wire.Call{Cmdlet: "X", Parameters: map[string]any{"Empty": "", "Any": []any{"p", true}}}, "X -Any p,$true -Empty ''"},
		{wire.Call{Cmdlet: "Suspend-MailboxDatabaseCopy", Parameters: map[string]any{"Identity": `DB1\EX3`}}, `Suspend-MailboxDatabaseCopy DB1\EX3`},
	}
	for _, tt := range tests {
		if got := tt.call.Text(); got != tt.want {
			t.Errorf("Text() = %s, want %s", got, tt.want)
		}
	}
}

func TestObject(t *testing.T) {
	reply, err := wire.DecodeReply(strings.NewReader(`{"objects":[{"Big":9223372036854775807,"Text":"1,234","Flag":"True","No":false,
		"One":"EX1","Many":["EX1","EX2"],"Null":null,"Half":1.5,"Empty":""}]}`))
	if err != nil {
		t.Fatal(err)
	}
	o := reply.Objects[0]
	if n, ok := o.Int("Big"); !ok || n != math.MaxInt64 {
		t.Errorf("Big = %d, %v", n, ok)
	}
	if n, ok := o.Int("Text"); !ok || n != 1234 {
		t.Errorf("Text = %d, %v", n, ok)
	}
	if _, ok := o.Int("Half"); ok {
		t.Error("Half is no integer")
	}
	if v, ok := o.Bool("Flag"); !ok || !v {
		t.Error("Flag is true")
	}
	if v, ok := o.Bool("No"); !ok || v {
		t.Error("No is false")
	}
	for name, want := range map[string][]string{"One": {"EX1"}, "Many": {"EX1", "EX2"}, "Empty": {}} {
		if got, ok := o.Texts(name); !ok || !cmp.Equal(got, want) {
			t.Errorf("%s = %v, %v", name, got, ok)
		}
	}
	for _, name := range []string{"Null", "Absent"} {
		if _, ok := o.Texts(name); ok {
			t.Errorf("%s is known", name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"objects":[]} {}`, `{"objects":"x"}`} {
		if _, err := wire.DecodeReply(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken as a reply", text)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add(`{"objects":[{"Name":"DAG1","N":12,"L":["a"]}],"warnings":["w"],"errors":[{"message":"m","id":"i"}]}`)
	f.Add(`{"objects":[null]}`)
	f.Fuzz(func(t *testing.T, text string) {
		reply, err := wire.DecodeReply(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, o := range reply.Objects {
			for name := range o {
				o.Text(name)
				o.Int(name)
				o.Bool(name)
				o.Texts(name)
			}
		}
		again, err := json.Marshal(reply)
		if err != nil {
			t.Fatalf("cannot write what was read: %v", err)
		}
		if _, err := wire.DecodeReply(strings.NewReader(string(again))); err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
	})
}

func FuzzCall(f *testing.F) {
	f.Add(`{"cmdlet":"Get-Cluster","parameters":{"Identity":"DAG1","Confirm":false}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if call, err := wire.DecodeCall(strings.NewReader(text)); err == nil {
			_ = call.Text()
		}
	})
}
