package drill

import "strings"

// word fills what a scenario leaves open, so that it fits any site file.
func (s *stage) word(text string) string {
	there := s.homeCopies()
	return strings.NewReplacer("{{fail}}", s.t.Sites[s.fail].Name, "{{to}}", s.t.Sites[s.to].Name, "{{first-server}}", there[0], "{{second-server}}", there[1],
		"{{to-server}}", append(s.t.MemberNames(s.t.MembersOf(s.to)), "")[0], "{{database}}", there[2]).Replace(text)
}

// homeCopies are the servers of the first database that lives in the site that fails: the one that mounts it, the next one there,
// and the database.
func (s *stage) homeCopies() (out [3]string) {
	for _, d := range s.t.Databases {
		if s.t.Members[d.Copies[0].Member].Site != s.fail {
			continue
		}
		k := 0
		for _, c := range d.Copies {
			if s.t.Members[c.Member].Site == s.fail && k < 2 {
				out[k] = s.t.Members[c.Member].Name
				k++
			}
		}
		out[2] = d.Name
		return out
	}
	return out
}
