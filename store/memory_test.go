package store_test

import (
	"testing"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.RunInBubble(t, func(t *testing.T, opts store.Options) storetest.Subject {
		m := store.NewMemory(nil, opts)
		return storetest.Subject{
			Store: m, Write: m.Write, Close: m.Close,
			Another: func() store.Store { return m },
		}
	})
}
