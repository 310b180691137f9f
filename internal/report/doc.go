// Package report says what happened: one document, as JSON and as one HTML page with a picture. It decides nothing and
// looks at no clock; a drill or a command fills a [Document], [Finish] adds what follows from it, [Validate] says what in
// it contradicts itself. The format is a contract (formats.md, "The report"); fields may be added, never renamed.
package report
