// Package insight counts what foreign websites do at the endpoints: who was
// refused, where and why. Strangers choose the origins that they send, so
// everything here has a fixed size, whatever comes.
package insight
