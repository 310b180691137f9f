package run

// Effect is what the acting half of a kind says after it acted, before anything was observed: what was sent and what came
// back. It is not yet a result.
type Effect struct {
	State  StepState    // Done: answered without error; Failed: refused or failed; Unknown: no answer, it may still land
	Error  string       // Exchange's own text, or what failed
	Cure   string       // what to do about a known error, one sentence
	Retry  bool         // the documented cure is to run the same again
	Text   string       // one sentence of what was done
	Calls  []Call       // all that was sent
	Memory []Remembered // values to put back
	Debts  []Debt       // what could not be reached and is owed
	Settle []Debt       // debts that this act settled
}
