package witness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Token says who made a claim. It means nothing to anybody else: compare it, show its first characters.
type Token string

// NewToken makes a token that nobody else has.
func NewToken() (Token, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return Token(hex.EncodeToString(b)), nil
}

// Result is how a claim ended.
type Result string

// The results. Unknown is neither: claim again with the same token, which is safe.
const (
	Done    Result = "done"
	Failed  Result = "failed"
	Unknown Result = "unknown"
)

// Claimed is what became of a claim.
type Claimed struct {
	Result Result
	Holder Token // who holds the generation, where that was read
	Why    string
}

// The two answers of a [Store] that mean something; every other error leaves open what happened.
var (
	ErrExists = errors.New("it exists already")
	ErrAbsent = errors.New("it does not exist")
)

// Store keeps small files in a third place. Create is exclusive: of several callers at once, one succeeds.
type Store interface {
	Create(ctx context.Context, name string, content []byte) error
	Read(ctx context.Context, name string) ([]byte, error)
}

// Register says who took which generation, for forced recovery of controllers (controllers.md, G4): one file per generation,
// made exclusively. Since a generation can only be claimed after the one before it, that is a compare-and-swap.
type Register struct{ store Store }

// NewRegister is a register in a store.
func NewRegister(s Store) *Register { return &Register{store: s} }

func entry(generation uint64) string { return fmt.Sprintf("gen-%d", generation) }

func content(generation uint64, t Token) []byte {
	return fmt.Appendf(nil, "siteswap register 1\ngeneration %d\ntoken %s\n", generation, t)
}

// errTorn: somebody made the file and died before writing who.
var errTorn = errors.New("its file names no holder")

// ParseClaim reads a file of the register.
func ParseClaim(generation uint64, b []byte) (Token, error) {
	rest, ok := strings.CutPrefix(string(b), fmt.Sprintf("siteswap register 1\ngeneration %d\ntoken ", generation))
	if !ok {
		return "", errTorn
	}
	token, ok := strings.CutSuffix(rest, "\n")
	if !ok || token == "" || strings.ContainsAny(token, " \n\r\t") {
		return "", errTorn
	}
	return Token(token), nil
}

// Holder is who took a generation; [ErrAbsent]: nobody did.
func (r *Register) Holder(ctx context.Context, generation uint64) (Token, error) {
	b, err := r.store.Read(ctx, entry(generation))
	if err != nil {
		return "", fmt.Errorf("register, generation %d: %w", generation, err)
	}
	t, err := ParseClaim(generation, b)
	if err != nil {
		return "", fmt.Errorf("register, generation %d: %w", generation, err)
	}
	return t, nil
}

// Claim takes a generation for a token, if nobody has it, and the one before it is taken (the first, 1, needs none). A claim
// that is made again with the same token is Done again. Whatever the store says of the creation, what stands there after it
// decides.
func (r *Register) Claim(ctx context.Context, generation uint64, t Token) Claimed {
	if _, err := ParseClaim(generation, content(generation, t)); err != nil || generation == 0 {
		return Claimed{Result: Failed, Why: "a claim needs a generation from 1 on and a token of one word"}
	}
	if generation > 1 {
		switch _, err := r.Holder(ctx, generation-1); {
		case errors.Is(err, ErrAbsent):
			return Claimed{Result: Failed, Why: fmt.Sprintf("generation %d was never claimed here, so that %d cannot follow it; is it the right share?", generation-1, generation)}
		case err != nil && !errors.Is(err, errTorn):
			return Claimed{Result: Unknown, Why: fmt.Sprintf("nothing was claimed: %v; claim again when the share answers", err)}
		}
	}
	created := r.store.Create(ctx, entry(generation), content(generation, t))
	holder, err := r.Holder(ctx, generation)
	switch {
	case err == nil && holder == t:
		return Claimed{Result: Done, Holder: t}
	case err == nil:
		return Claimed{Result: Failed, Holder: holder, Why: fmt.Sprintf("generation %d is taken by another (%s)", generation, holder.short())}
	case errors.Is(err, errTorn):
		return Claimed{Result: Unknown, Why: fmt.Sprintf("%s was made and names no holder: its maker died in between; when two people are sure that nobody acts in generation %d, remove the file and claim again", entry(generation), generation)}
	case errors.Is(err, ErrAbsent) && created != nil:
		return Claimed{Result: Unknown, Why: fmt.Sprintf("not there after the attempt (%v), which may still arrive; claim again with the same token", created)}
	}
	return Claimed{Result: Unknown, Why: fmt.Sprintf("it cannot be read back: %v; claim again with the same token", err)}
}

func (t Token) short() string {
	if len(t) > 8 {
		return string(t[:8]) + "..."
	}
	return string(t)
}
