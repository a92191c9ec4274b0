package verify

import (
	"log/slog"
	"net/http"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/internal/rehearsal"
)

// A model answers as the document says: a gateway in this process, before an
// upstream that answers 200 to everything.
type model struct{ http.RoundTripper }

func newModel(table *endpoints.Table) (*model, error) {
	g, err := gateway.New(gateway.Options{Log: slog.New(slog.DiscardHandler), Transport: rehearsal.Agreeable{}})
	if err != nil {
		return nil, err
	}
	g.Swap(table)
	return &model{browser.Handler(g)}, nil
}
