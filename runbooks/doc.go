// Package runbooks is what shall be done, as data: the runbook that an operator reads and changes (YAML), the kinds of
// steps that it may hold, and the plan that it becomes for one topology.
//
// The way of a runbook: [Parse] reads it and names every error with file, line and fix; [Check] type-checks its
// expressions; [Compile] makes the static graph of steps that a run executes; [Predict] runs the plan over the model;
// [Table] and [Paper] print it for people. All of it is pure: facts, parameters and topology are inputs.
//
// A kind has two halves. The data half stands here, in kinds.go and one file per family; the acting half is
// internal/act. What Exchange does is not said here but in dag: a kind only says what it asks of the model.
package runbooks
