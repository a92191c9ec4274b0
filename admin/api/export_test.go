package api

import (
	"maps"
	"slices"
)

// Operations are the operations that are served, as "GET /state".
func Operations() []string {
	var list []string
	for _, op := range operations {
		list = append(list, op.method+" "+op.path)
	}
	return list
}

// Reasons are the reasons of all problems.
func Reasons() []string { return slices.Collect(maps.Keys(problems)) }

// Limits of guessing.
const (
	MaxGuessers = maxGuessers
	TotalBurst  = totalBurst
)

// Guessers is how many addresses are remembered for having guessed.
func (a *Auth) Guessers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.guessers)
}

// Limits of work.
const (
	WorkTime = workTime
	MaxLarge = maxLarge
)

// Turns is how many requests h works on at once.
func (h *Handler) Turns() int { return cap(h.bounds.turns) }
