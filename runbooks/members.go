package runbooks

import "strings"

// withoutMembers refuses a parameter that names a site without servers of the DAG where steps work on the site's servers: what
// would be printed for it are half sentences, and what would be done is nothing.
func (c *compiler) withoutMembers(p *Plan) {
	for _, set := range p.Parameters {
		i := c.t.SiteIndex(set.Value)
		if set.Type != TypeSite || i < 0 || c.t.MembersOf(i) != 0 {
			continue
		}
		for k := range p.Steps {
			s := &p.Steps[k]
			if s.With.Site == set.Value && !strings.HasPrefix(s.Kind, "vip.") {
				c.fail("parameters."+set.Name, set.Value+" has no server of the DAG, and "+s.ID+" works on its servers", "name one of "+list(c.peopled()))
				break
			}
		}
	}
}

// peopled are the sites that have members.
func (c *compiler) peopled() []string {
	var out []string
	for i := range c.t.Sites {
		if c.t.MembersOf(i) != 0 {
			out = append(out, c.t.Sites[i].Name)
		}
	}
	return out
}
