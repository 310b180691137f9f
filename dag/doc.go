// Package dag is the model of an Exchange database availability group: a deterministic state machine without clock, I/O,
// goroutine or map order. The emulated sites run it behind real sockets, the planner runs it forward, the controller
// compares it with what it observes, and the explorer runs it through every interleaving.
//
// A caller's loop is: Begin an operation or a fault with [Apply], look at [Pending] for what the world may do by itself
// (each event with the shortest, typical and longest time until it happens), choose one, and Apply it. State holds no
// instant and no unbounded counter but log generations, which [Abstract] maps to a few classes for search.
//
// The source of every rule is shared/docs/domain-exchange.md; its tags (DCS, TM2, PS:Stop ...) stand at the rules.
package dag
