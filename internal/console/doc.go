// Package console is what an operator sees: plain lines, a live view on a terminal, tables and texts of status and runs.
// It decides nothing and asks nobody: values come in, text goes out (look.md). Every text from outside is made harmless
// before it is shown; a server's answer cannot move the cursor.
package console
