package runbooks

import (
	"fmt"
	"strconv"
	"time"

	"siteswap/dag"
	"siteswap/internal/document"
)

// plainText is a scalar of the file as text; bad says why it is none.
func plainText(v any) (text, bad string) {
	switch v := v.(type) {
	case string:
		return v, ""
	case int:
		return strconv.Itoa(v), ""
	case int64:
		return strconv.FormatInt(v, 10), ""
	case uint64:
		return strconv.FormatUint(v, 10), ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), ""
	case bool:
		return strconv.FormatBool(v), ""
	case []any:
		var out string
		for i, e := range v {
			s, bad := plainText(e)
			if bad != "" {
				return "", bad
			}
			if i > 0 {
				out += ", "
			}
			out += s
		}
		return out, ""
	case nil:
		return "", "there is no value"
	}
	return "", "a mapping stands where a plain value is wanted"
}

// checkValue says what is wrong with a value of a type, without a topology; "" if nothing is.
func checkValue(t Type, value string) string {
	values := []string{value}
	if t.List {
		values = splitList(value)
	}
	for _, v := range values {
		switch t.Base {
		case TypeDuration:
			if _, err := document.ParseDuration(v); err != nil {
				return quote(v) + " is no duration"
			}
		case TypeBool:
			if v != "true" && v != "false" {
				return quote(v) + " is neither true nor false"
			}
		case TypeInt:
			if _, err := strconv.Atoi(v); err != nil {
				return quote(v) + " is no whole number"
			}
		case TypeSite, TypeServer, TypeDatabase:
			if v == "" {
				return "there is no name of a " + t.Base
			}
		}
	}
	return ""
}

// checkName says whether the topology has what a name names: what is wrong, and the fix.
func checkName(t *dag.Topology, typ Type, value string) (what, fix string) {
	values := []string{value}
	if typ.List {
		values = splitList(value)
	}
	for _, v := range values {
		known, ok := []string(nil), true
		switch typ.Base {
		case TypeSite:
			ok = t.SiteIndex(v) >= 0
			for _, s := range t.Sites {
				known = append(known, s.Name)
			}
		case TypeServer:
			ok = t.MemberIndex(v) >= 0
			known = t.MemberNames(t.AllMembers())
		case TypeDatabase:
			ok = t.DatabaseIndex(v) >= 0
			for _, d := range t.Databases {
				known = append(known, d.Name)
			}
		}
		if !ok {
			return fmt.Sprintf("the site file has no %s %s", typ.Base, quote(v)), nearestFix(v, known)
		}
	}
	return "", ""
}

// slot is where a parameter of a kind stands in Args, as a pointer; nil if there is none of that name.
func (a *Args) slot(name string) any {
	switch name {
	case "site":
		return &a.Site
	case "server":
		return &a.Server
	case "run_from":
		return &a.RunFrom
	case "domain_controller":
		return &a.DomainController
	case "checks":
		return &a.Checks
	case "role":
		return &a.Role
	case "count":
		return &a.Count
	case "show":
		return &a.Show
	case "instructions":
		return &a.Instructions
	case "evidence":
		return &a.Evidence
	case "until":
		return &a.Until
	case "for":
		return &a.For
	case "to":
		return &a.To
	case "leave":
		return &a.Leave
	case "message":
		return &a.Message
	case "by":
		return &a.By
	case "configuration_only":
		return &a.ConfigurationOnly
	case "witness":
		return &a.Witness
	case "model":
		return &a.Model
	case "force_quorum":
		return &a.ForceQuorum
	case "databases":
		return &a.Databases
	case "loss":
		return &a.Loss
	case "skip":
		return &a.Skip
	case "reseed":
		return &a.Reseed
	case "names":
		return &a.Names
	case "ttl":
		return &a.TTL
	case "restore":
		return &a.Restore
	case "probes":
		return &a.Probes
	case "keep":
		return &a.Keep
	}
	return nil
}

// set puts values into the parameter of that name. They were checked before; what does not fit is left out.
func (a *Args) set(name string, values []string) {
	first := ""
	if len(values) > 0 {
		first = values[0]
	}
	switch p := a.slot(name).(type) {
	case *string:
		*p = first
	case *[]string:
		*p = values
	case *int:
		*p, _ = strconv.Atoi(first)
	case *bool:
		*p = first == "true"
	case *time.Duration:
		d, _ := document.ParseDuration(first)
		*p = d.Std()
	}
}
