package world

import (
	"context"
	"fmt"

	"siteswap/dag"
)

// Do begins an operation and waits for its answer. The effect and the answer are apart: when ctx ends first, the operation
// goes on.
func (w *World) Do(ctx context.Context, op dag.Op) (dag.Answer, error) {
	return w.do(ctx, op, -1)
}

// DoHalf does half of an operation and answers that it is done.
func (w *World) DoHalf(ctx context.Context, op dag.Op) (dag.Answer, error) {
	half, steps := op.Half()
	if steps == 0 {
		return dag.Answer{}, nil
	}
	return w.do(ctx, half, steps)
}

func (w *World) do(ctx context.Context, op dag.Op, steps int) (dag.Answer, error) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return dag.Answer{}, fmt.Errorf("the emulated sites have ended")
	}
	out := w.apply(dag.Event{Kind: dag.EvBegin, Op: op})
	ch := make(chan dag.Answer, 1)
	w.answers[out.Begun] = ch
	if steps >= 0 {
		w.halves[out.Begun] = steps
	}
	w.schedule()
	w.mu.Unlock()
	select {
	case a := <-ch:
		return a, nil
	case <-ctx.Done():
		return dag.Answer{}, ctx.Err()
	}
}

// cutShort ends programs that do half of their work as soon as they have done it. Their caller hears that all is done.
func (w *World) cutShort() {
	for i := range w.state.Progs {
		p := w.state.Progs[i]
		if steps, half := w.halves[p.ID]; half && int(p.PC) >= steps {
			w.state.Abandon(p.ID)
			w.answer(p.ID, dag.Answer{})
			return
		}
	}
}

func (w *World) answer(id uint8, a dag.Answer) {
	delete(w.halves, id)
	if ch := w.answers[id]; ch != nil {
		ch <- a
		delete(w.answers, id)
	}
}
