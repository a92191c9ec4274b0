package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/concors/concors/admin"
)

const (
	// maxFeeds is how many feeds may be open at once: a browser takes six
	// connections to a host, so that is a few people with several windows.
	maxFeeds = 32

	// feedBeat keeps proxies from closing a feed in which nothing happens. At
	// each beat the session must still be there.
	feedBeat = 15 * time.Second

	// feedWrite is how long one write to a feed may take: whoever does not read
	// is let go.
	feedWrite = 10 * time.Second
)

// getFeed sends the feed as server-sent events: "decision" and "state", each
// with its JSON, and "dropped" with a number where decisions are missing. It
// ends with the session.
func getFeed(c *call) (any, error) {
	if c.h.feeds.Add(1) > maxFeeds {
		c.h.feeds.Add(-1)
		newProblem(ReasonTooManyFeeds, "").write(c.w)
		return nil, errAnswered
	}
	defer c.h.feeds.Add(-1)
	_, byToken := bearer(c.r)
	f := &feedWriter{w: c.w, control: http.NewResponseController(c.w)}
	defer func() { _ = f.control.SetWriteDeadline(time.Time{}) }() // the connection goes on
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no")
	if c.r.Method == http.MethodHead || !f.send("retry: 2000\n\n") {
		return nil, errAnswered
	}
	beat := time.NewTicker(feedBeat)
	defer beat.Stop()
	events := make(chan admin.Event)
	ctx, cancel := context.WithCancel(c.r.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range c.Feed(ctx) {
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		<-done
	}()
	for {
		select {
		case <-ctx.Done():
			return nil, errAnswered
		case <-beat.C:
			_, in := c.h.auth.session(c.r)
			if !in && !byToken || !f.send(": beat\n\n") {
				return nil, errAnswered
			}
		case e := <-events:
			if !f.event(e) {
				return nil, errAnswered
			}
		}
	}
}

// A feedWriter writes server-sent events.
type feedWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// event sends e. JSON has no line breaks, so it is one line of data.
func (f *feedWriter) event(e admin.Event) bool {
	var b bytes.Buffer
	add := func(name string, data any) {
		text, err := json.Marshal(data)
		if err != nil {
			panic(err) // it holds nothing that cannot be marshalled
		}
		b.WriteString("event: " + name + "\ndata: ")
		b.Write(text)
		b.WriteString("\n\n")
	}
	if e.Dropped > 0 {
		add("dropped", e.Dropped)
	}
	if e.Decision != nil {
		add("decision", e.Decision)
	}
	if e.State != nil {
		add("state", e.State)
	}
	return f.send(b.String())
}

func (f *feedWriter) send(text string) bool {
	_ = f.control.SetWriteDeadline(time.Now().Add(feedWrite)) // not every writer can
	if _, err := f.w.Write([]byte(text)); err != nil {
		return false
	}
	return f.control.Flush() == nil
}
