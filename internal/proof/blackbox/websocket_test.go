package blackbox

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// frame is a masked WebSocket text frame: "hello". The upstream returns it as
// it came, so that a proxy which touched a byte is seen.
var frame = []byte("\x81\x85\x01\x02\x03\x04igohn")

// socketWorld has an endpoint for WebSockets with each setting.
func socketWorld(u *Upstream, name string, withTLS bool, origins ...string) *World {
	w := &World{Name: name, TLS: withTLS, Origins: origins, Hosts: []string{"api.test"}, Settings: Settings()}
	for _, s := range w.Settings {
		e := &Endpoint{Method: "GET", Path: "/" + s.Name + "/socket", Setting: s}
		w.Endpoints = append(w.Endpoints, e)
		u.Handle(e.Path, u.Socket)
	}
	return w
}

// socketQuestions are handshakes: each setting with each kind of Origin,
// without metadata as Chromium sends them, and with it as Firefox does.
func socketQuestions(worlds ...*World) []*Question {
	id := 1
	var out []*Question
	for _, w := range worlds {
		g := &generator{rng: rand.New(rand.NewPCG(1, 2)), world: w, nextID: &id}
		for _, s := range w.Settings {
			host := pick(g, append(w.Hosts, "gateway.internal:9000"))
			origins := originCases(w, s, host)
			for i := 0; i < len(origins); i++ {
				o := origins[i]
				if i >= essentialOrigins {
					i += g.rng.IntN(24) // a sample of the rest
				}
				for _, m := range []metadata{
					{},
					{lines{"cross-site"}, "websocket", "empty"},
					{lines{"same-site"}, "websocket", "empty"},
					{lines{"same-origin"}, "websocket", "empty"},
				} {
					if i >= essentialOrigins && m.mode != "" && g.rng.IntN(2) == 0 {
						continue
					}
					q := g.question(host, "GET", "/"+s.Name+"/socket", o, m)
					q.Answer = "socket"
					q.add("Upgrade", "websocket")
					q.add("Connection", pick(g, []string{"Upgrade", "keep-alive, Upgrade"}))
					q.add("Sec-WebSocket-Version", "13")
					q.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
					g.ask(q)
				}
			}
		}
		out = append(out, g.out...)
	}
	return out
}

func TestWebSocketHandshakes(t *testing.T) {
	for _, plane := range planes(t) {
		t.Run(plane.Name, func(t *testing.T) {
			u := newUpstream(t)
			plain := socketWorld(u, "plain", false)
			declared := socketWorld(u, "declared", false, "https://api.example.com", "https://api.test:8443")
			secure := socketWorld(u, "tls", true)
			targets := start(t, plane, u, plain, declared, secure)
			questions, _ := plane.For(socketQuestions(plain, declared, secure))
			tally := newTally(questions)
			share(questions, 4, func(next <-chan *Question) {
				for q := range next {
					a, echo, err := handshake(targets[q.World.Name], q)
					w, d := Expect(q), []Diff(nil)
					if err != nil {
						d = []Diff{{"no answer", err.Error()}}
					} else {
						w, d = Judge(q, a, u.Taken(q.ID))
						if a.Status == 101 && !bytes.Equal(echo, frame) {
							d = append(d, Diff{"echo over the socket", string(echo)})
						}
					}
					tally.add(q, &w, a, d)
				}
			})
			t.Logf("%d handshakes", tally.Asked)
			if tally.Asked < 1000 {
				t.Errorf("only %d handshakes were tried", tally.Asked)
			}
			if len(tally.Wrong) > 0 {
				t.Errorf("%d kinds of mistake:\n%s", len(tally.Wrong), tally)
			}
		})
	}
}

// handshake opens a socket, if it may, and sends one frame over it.
func handshake(target Target, q *Question) (*Answer, []byte, error) {
	c, err := Dial(target.Addr, q.Peer, target.TLS)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	if _, err := c.Write(q.raw()); err != nil {
		return nil, nil, err
	}
	br := bufio.NewReader(c)
	a, _, err := ReadAnswer(br, q.Method)
	if err != nil || a.Status != 101 {
		return a, nil, err
	}
	if _, err := c.Write(frame); err != nil {
		return nil, nil, err
	}
	echo := make([]byte, len(frame))
	if _, err := io.ReadFull(br, echo); err != nil {
		return nil, nil, err
	}
	return a, echo, c.SetDeadline(time.Now())
}
