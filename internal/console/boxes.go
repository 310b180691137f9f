package console

import (
	"slices"
	"strings"
)

const (
	narrowest = 24 // a site box with less says nothing
	gap       = 1
)

// siteLines are the sites: as boxes side by side, or a line each where there is no room, or nothing. At least five lines
// stay for the steps.
func (v View) siteLines(w, room int, s Style) []string {
	if len(v.Sites) == 0 {
		return nil
	}
	links := v.linkLine(w, s)
	each := (w - gap*(len(v.Sites)-1)) / len(v.Sites)
	if each >= narrowest {
		for _, full := range []bool{true, false} {
			if boxes := v.boxes(each, full, s); len(boxes)+len(links)+5 <= room {
				return append(boxes, links...)
			}
		}
	}
	if len(v.Sites)+3 > room {
		return nil
	}
	var lines []string
	for _, b := range v.Sites {
		lines = append(lines, compact(b, w, s))
	}
	for _, c := range v.Controllers {
		lines = append(lines, s.Mark(c.State)+" "+clean(c.ID)+" ("+clean(c.Site)+") "+clean(c.Text))
	}
	if len(lines)+len(links)+4 <= room {
		lines = append(lines, links...)
	}
	return lines
}

// boxes are all sites side by side; without full only the servers stand in them.
func (v View) boxes(each int, full bool, s Style) []string {
	var columns [][]string
	tall := 0
	for _, b := range v.Sites {
		c := content(b, full, each-4, s)
		tall = max(tall, len(c))
		columns = append(columns, c)
	}
	lines := make([]string, tall+2)
	for i, b := range v.Sites {
		title := s.Mark(b.State) + " " + s.sgr(bold, clean(b.Name))
		if b.Note != "" {
			title += " " + s.paint(b.State, clean(b.Note))
		}
		column := s.frame(title, columns[i], each, tall)
		for k := range lines {
			if i > 0 {
				lines[k] += strings.Repeat(" ", gap)
			}
			lines[k] += column[k]
		}
	}
	return lines
}

// content is what stands in a site box.
func content(b SiteBox, full bool, w int, s Style) []string {
	var lines []string
	for _, m := range b.Servers {
		lines = append(lines, s.cell(s.Mark(m.State)+" "+pad(clean(m.Name), 9)+" "+s.paint(m.State, clean(m.Text)), w))
		if len(m.Databases) > 0 {
			lines = append(lines, s.cell("    mounts "+s.sgr(bold, names(m.Databases, w-11)), w))
		}
	}
	for _, it := range b.Items {
		if full {
			lines = append(lines, s.cell(s.Mark(it.State)+" "+clean(it.Name)+" "+s.paint(it.State, clean(it.Text)), w))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, pad("", w))
	}
	return lines
}

// frame draws a box of width w around the lines.
func (s Style) frame(title string, lines []string, w, tall int) []string {
	c := [6]string{"┌", "┐", "└", "┘", "─", "│"}
	if s.ASCII {
		c = [6]string{"+", "+", "+", "+", "-", "|"}
	}
	title = s.fit(c[4]+" "+title+" ", w-2)
	out := []string{c[0] + title + strings.Repeat(c[4], max(0, w-2-width(title))) + c[1]}
	for i := range tall {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		out = append(out, c[5]+" "+s.cell(text, w-4)+" "+c[5])
	}
	return append(out, c[2]+strings.Repeat(c[4], w-2)+c[3])
}

// compact is a site as one line.
func compact(b SiteBox, w int, s Style) string {
	text := s.Mark(b.State) + " " + s.sgr(bold, clean(b.Name))
	if b.Note != "" {
		text += " " + s.paint(b.State, clean(b.Note))
	}
	var parts []string
	for _, m := range b.Servers {
		p := s.Mark(m.State) + clean(m.Name)
		if len(m.Databases) > 0 {
			p += " " + names(m.Databases, 16)
		}
		parts = append(parts, p)
	}
	for _, it := range b.Items {
		if strings.HasPrefix(it.Text, "leads") || len(b.Servers) == 0 {
			parts = append(parts, s.Mark(it.State)+clean(it.Name)+" "+clean(it.Text))
		}
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, "  ")
	}
	return s.fit(text, w)
}

// linkLine is the links that do not work, or that all do.
func (v View) linkLine(w int, s Style) []string {
	if len(v.Links) == 0 {
		return nil
	}
	var parts []string
	for _, l := range v.Links {
		if l.State != Good {
			parts = append(parts, strings.TrimSpace(s.Mark(l.State)+" "+clean(l.From)+" - "+clean(l.To)+" "+s.paint(l.State, clean(l.Text))))
		}
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		parts = []string{s.Mark(Good) + " all"}
	}
	return []string{s.fit("links: "+strings.Join(parts, "   "), w)}
}
