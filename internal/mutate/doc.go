// Package mutate asks whether the tests of a package notice when one of its rules is wrong. It finds the places where a rule
// decides or has an effect, builds the package's tests once with every one of them switchable (go test -overlay: the sources
// stay as they are), and runs the tests with one place wrong after the other. A mutant that no test notices is a survivor:
// either a test is missing, or the change makes no difference; the latter are listed with a reason each in equivalent.txt.
package mutate
