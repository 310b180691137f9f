// Package run is the run of a plan as a state machine. It decides in values and never acts: [Apply] takes committed log
// entries, [Next] says what to do now from the run and the facts, [Judge] says what a step's observation means. The order
// of one step is
//
//	commit INTENT -> Permit -> OBSERVE -> act -> OBSERVE -> commit RESULT: Done | Failed | Unknown
//
// Time, identity and facts are inputs. Unknown is neither success nor failure: look again; never a blind repeat.
package run
