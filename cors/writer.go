package cors

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// anonymousWriter is the ResponseWriter of a request whose credentials were
// dropped: the handler's Set-Cookie and Clear-Site-Data never leave. The header
// values of the answer live in it, to spare an allocation.
type anonymousWriter struct {
	http.ResponseWriter
	room    [4]string
	started bool // the final status has been written
}

func (w *anonymousWriter) WriteHeader(status int) {
	if !w.started {
		dropCredentials(w.Header())
		w.started = status >= 200 || status == http.StatusSwitchingProtocols
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *anonymousWriter) Write(p []byte) (int, error) {
	w.start()
	return w.ResponseWriter.Write(p)
}

func (w *anonymousWriter) start() {
	if !w.started {
		w.started = true
		dropCredentials(w.Header())
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

// Flush implements http.Flusher.
func (w *anonymousWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls, to hear that it failed.
func (w *anonymousWriter) FlushError() error {
	w.start()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker, which WebSocket libraries ask for. What is
// written to the connection afterwards is the handler's.
func (w *anonymousWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	dropCredentials(w.Header())
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController find the underlying writer.
func (w *anonymousWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
