package cors

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// anonymousWriter is the ResponseWriter of a request whose credentials were
// dropped: Set-Cookie and Clear-Site-Data never leave, whoever sets them, the
// error handler of a framework included, which writes after the handler has
// returned. The header values of the answer live in it, to spare an allocation.
//
// It can do what its writer can: handlers ask with type assertions, and some
// take a yes for a promise. So there are three of them.
type anonymousWriter struct {
	http.ResponseWriter
	room    [4]string
	started bool // the final status has been written
}

type (
	anonymousFlusher struct {
		anonymousWriter
		//lint:ignore SA1019 gin and others still ask for it
		closed http.CloseNotifier // nil: by the request's context
		done   <-chan struct{}
	}
	anonymousHijacker struct{ anonymousFlusher }
)

// newAnonymousWriter returns a writer before w, and what the handler is to get,
// which is the same with all its methods.
func newAnonymousWriter(w http.ResponseWriter, r *http.Request) (*anonymousWriter, http.ResponseWriter) {
	if _, ok := w.(http.Flusher); !ok {
		aw := &anonymousWriter{ResponseWriter: w}
		return aw, aw
	}
	if _, ok := w.(http.Hijacker); ok {
		aw := new(anonymousHijacker)
		aw.init(w, r)
		return &aw.anonymousWriter, aw
	}
	aw := new(anonymousFlusher)
	aw.init(w, r)
	return &aw.anonymousWriter, aw
}

func (w *anonymousFlusher) init(to http.ResponseWriter, r *http.Request) {
	w.ResponseWriter, w.done = to, r.Context().Done()
	//lint:ignore SA1019 see the field
	w.closed, _ = to.(http.CloseNotifier)
}

func (w *anonymousWriter) WriteHeader(status int) {
	if !w.started {
		w.clean()
	}
	w.started = w.started || status >= 200 || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

func (w *anonymousWriter) Write(p []byte) (int, error) {
	w.start()
	return w.ResponseWriter.Write(p)
}

// clean removes what an answer must not have, and once it has begun, what must
// not follow as a trailer.
func (w *anonymousWriter) clean() { dropCredentials(w.Header()) }

func (w *anonymousWriter) start() {
	if !w.started {
		w.clean()
		w.started = true
	}
}

// WriteString implements io.StringWriter.
func (w *anonymousWriter) WriteString(s string) (int, error) {
	w.start()
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom implements io.ReaderFrom, which lets files be sent without copying.
func (w *anonymousWriter) ReadFrom(r io.Reader) (int64, error) {
	w.start()
	return io.Copy(w.ResponseWriter, r)
}

// FlushError is what http.ResponseController calls, also where the writer has it
// somewhere below.
func (w *anonymousWriter) FlushError() error {
	w.start()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Push implements http.Pusher.
func (w *anonymousWriter) Push(target string, o *http.PushOptions) error {
	if p, ok := w.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, o)
	}
	return http.ErrNotSupported
}

// Unwrap lets http.ResponseController find the underlying writer.
func (w *anonymousWriter) Unwrap() http.ResponseWriter { return anonymousBelow{w} }

// anonymousBelow stands between an anonymousWriter and the one it wraps. Where
// that can only be hijacked by a way down of its own, http.ResponseController
// finds this one first.
type anonymousBelow struct{ *anonymousWriter }

// Unwrap is as [anonymousWriter.Unwrap].
func (w anonymousBelow) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w anonymousBelow) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

// Flush implements http.Flusher.
func (w *anonymousFlusher) Flush() { _ = w.FlushError() }

// CloseNotify implements http.CloseNotifier, which gin calls without asking.
func (w *anonymousFlusher) CloseNotify() <-chan bool {
	if w.closed != nil {
		return w.closed.CloseNotify()
	}
	gone := make(chan bool, 1)
	if w.done != nil {
		go func() {
			<-w.done
			gone <- true
		}()
	}
	return gone
}

// Hijack implements http.Hijacker, which WebSocket libraries ask for.
func (w *anonymousHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

// hijack takes the connection over. Some who do write the answer's head
// themselves, others have sent it by WriteHeader.
func (w *anonymousWriter) hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.clean()
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil || w.started {
		return conn, rw, err
	}
	cleaned := &hijackedConn{Conn: conn}
	return cleaned, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(cleaned)), nil
}
