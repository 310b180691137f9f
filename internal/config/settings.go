package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// DefaultFile is the site file that is read when none is named.
const DefaultFile = "siteswap.yaml"

// Settings are what flags and environment say; everything else stands in the site file.
type Settings struct {
	Config string   // the site file
	Named  bool     // somebody named it: then it must exist, even for a drill
	API    []string // addresses of controllers; none: those of the site file
	Color  string   // auto, always or never
}

// LoadSettings reads the flags config, api and color, as far as the set has them, and where a flag is not given
// SITESWAP_CONFIG, SITESWAP_API (with commas) and SITESWAP_COLOR. NO_COLOR counts where neither names a color.
func LoadSettings(flags *pflag.FlagSet) (Settings, error) {
	v := viper.New()
	v.SetEnvPrefix("SITESWAP")
	for _, name := range []string{"config", "api", "color"} {
		if err := v.BindEnv(name); err != nil {
			return Settings{}, fmt.Errorf("read the environment: %w", err)
		}
		if flags == nil || flags.Lookup(name) == nil {
			continue
		}
		if err := v.BindPFlag(name, flags.Lookup(name)); err != nil {
			return Settings{}, fmt.Errorf("read the flag --%s: %w", name, err)
		}
	}
	for key, name := range map[string]string{"named": "SITESWAP_CONFIG", "plain": "NO_COLOR"} {
		if err := v.BindEnv(key, name); err != nil {
			return Settings{}, fmt.Errorf("read the environment: %w", err)
		}
	}
	s := Settings{Config: v.GetString("config"), Color: v.GetString("color")}
	s.Named = v.GetString("named") != "" || flags != nil && flags.Changed("config")
	if s.Config == "" {
		s.Config = DefaultFile
	}
	for _, a := range v.GetStringSlice("api") {
		for part := range strings.SplitSeq(a, ",") {
			if part = strings.TrimSpace(part); part != "" {
				s.API = append(s.API, part)
			}
		}
	}
	if (s.Color == "" || s.Color == "auto") && v.GetString("plain") != "" {
		s.Color = "never"
	}
	switch s.Color {
	case "":
		s.Color = "auto"
	case "auto", "always", "never":
	default:
		return s, fmt.Errorf("color %q is no known value; write auto, always or never", s.Color)
	}
	return s, nil
}
