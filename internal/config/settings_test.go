package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"siteswap/internal/config"
)

func TestSettings(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want config.Settings
	}{
		{"nothing", nil, nil, config.Settings{Config: "siteswap.yaml", Color: "auto"}},
		{"flags", []string{"--config=a.yaml", "--api=h:1,h:2", "--color=always"}, map[string]string{"SITESWAP_CONFIG": "b.yaml", "SITESWAP_COLOR": "never"},
			config.Settings{Config: "a.yaml", Named: true, API: []string{"h:1", "h:2"}, Color: "always"}},
		{"environment", nil, map[string]string{"SITESWAP_CONFIG": "b.yaml", "SITESWAP_API": "h:1, h:2", "SITESWAP_COLOR": "never"},
			config.Settings{Config: "b.yaml", Named: true, API: []string{"h:1", "h:2"}, Color: "never"}},
		{"the default, named", nil, map[string]string{"SITESWAP_CONFIG": "siteswap.yaml"}, config.Settings{Config: "siteswap.yaml", Named: true, Color: "auto"}},
		{"NO_COLOR", nil, map[string]string{"NO_COLOR": "1"}, config.Settings{Config: "siteswap.yaml", Color: "never"}},
		{"a color beats NO_COLOR", []string{"--color=always"}, map[string]string{"NO_COLOR": "1"}, config.Settings{Config: "siteswap.yaml", Color: "always"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"SITESWAP_CONFIG", "SITESWAP_API", "SITESWAP_COLOR", "NO_COLOR"} {
				t.Setenv(name, test.env[name])
			}
			flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
			flags.String("config", config.DefaultFile, "")
			flags.StringSlice("api", nil, "")
			flags.String("color", "auto", "")
			if err := flags.Parse(test.args); err != nil {
				t.Fatal(err)
			}
			got, err := config.LoadSettings(flags)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Setenv("SITESWAP_COLOR", "mauve")
	if _, err := config.LoadSettings(nil); err == nil || err.Error() != `color "mauve" is no known value; write auto, always or never` {
		t.Error(err)
	}
}
