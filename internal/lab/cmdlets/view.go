package cmdlets

import (
	"fmt"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// view is one moment of the world as one server sees it: what the model lets somebody in its site observe, and what is
// the server's own.
type view struct {
	t    *dag.Topology
	s    *dag.State
	f    dag.Facts
	me   int // this server
	site int // and its site
}

// reaches says whether a member answers this server.
func (v *view) reaches(m int) bool { return v.f.Members[m].Answers.Value }

// quorumNode is a member whose cluster with quorum this server can ask: itself, else the first that answers; -1: none.
func (v *view) quorumNode() int {
	if v.f.Members[v.me].Quorum.Value {
		return v.me
	}
	for m := range v.t.Members {
		if v.f.Members[m].Quorum.Value {
			return m
		}
	}
	return -1
}

// directory is the site whose directory a cmdlet uses: that of the domain controller it names, else the server's own, else
// the first that answers.
func (v *view) directory(p args) (int, *wire.Record) {
	if name, ok := p.text("DomainController"); ok {
		for i := range v.t.Sites {
			for _, dc := range v.t.Sites[i].DomainControllers {
				if !sameHost(dc, name) {
					continue
				}
				if v.f.Sites[i].Directory.Value {
					return i, nil
				}
				return 0, noServer(name)
			}
		}
		return 0, noServer(name)
	}
	if v.f.Sites[v.site].Directory.Value {
		return v.site, nil
	}
	for i := range v.t.Sites {
		if v.f.Sites[i].Directory.Value {
			return i, nil
		}
	}
	return 0, noDirectory(v.t.Sites[v.site].Name)
}

func noServer(name string) *wire.Record {
	return &wire.Record{Message: fmt.Sprintf("The Active Directory server '%s' is not available.", name), ID: "ADServerUnavailable"}
}

// group finds the DAG that Identity names.
func (v *view) group(p args) *wire.Record {
	name, _ := p.text("Identity")
	if strings.EqualFold(name, v.t.Name) {
		return nil
	}
	return notFound("database availability group", name)
}

// member finds a server by short name or FQDN.
func (v *view) member(name string) (int, *wire.Record) {
	for i := range v.t.Members {
		if strings.EqualFold(name, v.t.Members[i].Name) || strings.EqualFold(name, v.t.Members[i].FQDN) {
			return i, nil
		}
	}
	return -1, notFound("server", name)
}

func (v *view) siteIndex(name string) (int, *wire.Record) {
	for i := range v.t.Sites {
		if strings.EqualFold(name, v.t.Sites[i].Name) {
			return i, nil
		}
	}
	return -1, notFound("Active Directory site", name)
}

func (v *view) database(name string) (int, *wire.Record) {
	for i := range v.t.Databases {
		if strings.EqualFold(name, v.t.Databases[i].Name) {
			return i, nil
		}
	}
	return -1, notFound("mailbox database", name)
}

// copyName takes DATABASE\SERVER apart.
func (v *view) copyName(p args) (db, member int, problem *wire.Record) {
	id, _ := p.text("Identity")
	database, server, both := strings.Cut(id, `\`)
	if !both {
		return 0, 0, notFound("database copy", id)
	}
	if db, problem = v.database(database); problem != nil {
		return 0, 0, problem
	}
	if member, problem = v.member(server); problem != nil {
		return 0, 0, problem
	}
	if v.t.CopyOf(db, member) < 0 {
		return 0, 0, notFound("database copy", id)
	}
	return db, member, nil
}

func notFound(kind, name string) *wire.Record {
	return &wire.Record{Message: fmt.Sprintf("The %s '%s' couldn't be found.", kind, name), ID: "ManagementObjectNotFound"}
}

func sameHost(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	shortA, _, longA := strings.Cut(a, ".")
	shortB, _, longB := strings.Cut(b, ".")
	return longA != longB && strings.EqualFold(shortA, shortB)
}

// fqdn is the full name of a member, or its name where the site file gives no other.
func (v *view) fqdn(m int) string {
	if v.t.Members[m].FQDN != "" {
		return v.t.Members[m].FQDN
	}
	return v.t.Members[m].Name
}

func (v *view) fqdns(set dag.Set) []string {
	list := []string{}
	for m := range v.t.Members {
		if set.Has(m) {
			list = append(list, v.fqdn(m))
		}
	}
	return list
}

// names are short names, never nil, so that an empty list is told from none.
func names(list []string) []string { return append([]string{}, list...) }
