package explain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// What keeps a server from answering is told as it is.
func TestTheTrueNetworkErrorIsTold(t *testing.T) {
	closed := boundPort(t)
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	defer selfSigned.Close()
	plainHTTP := httptest.NewServer(http.NotFoundHandler())
	defer plainHTTP.Close()
	lookup := func(e net.DNSError) failing {
		e.Name = "api.example.com"
		return failing{&net.OpError{Op: "dial", Net: "tcp", Err: &e}}
	}
	closes := func(c net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(c)) }
	resets := func(c net.Conn) {
		closes(c)
		_ = c.(*net.TCPConn).SetLinger(0)
	}
	hangs := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name, url string
		live      Live
		want      string
	}{
		{"connection refused", "http://" + closed, Live{}, "nothing listens at " + closed + ": dial tcp " + closed + ": connect: connection refused"},
		{"unknown certificate", selfSigned.URL, Live{}, "is not accepted: tls: failed to verify certificate: x509: certificate signed by unknown authority (--insecure accepts any)"},
		{"http behind https", strings.Replace(plainHTTP.URL, "http:", "https:", 1), Live{}, "does not speak TLS; perhaps its address begins with http:"},
		{"no such name", "https://api.example.com", Live{Transport: lookup(net.DNSError{Err: "no such host", IsNotFound: true})}, "there is no host of the name api.example.com"},
		{"no name server", "https://api.example.com", Live{Transport: lookup(net.DNSError{Err: "server misbehaving", IsTemporary: true})}, "could not be looked up: dial tcp: lookup api.example.com: server misbehaving"},
		{"connection closed", rawServer(t, closes), Live{}, "closed the connection without an answer"},
		{"connection reset", rawServer(t, resets), Live{}, "broke off the connection: read tcp"},
		{"another protocol", rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n") }), Live{}, "does not speak HTTP: "},
		{"silence", rawServer(t, hangs), Live{Timeout: 50 * time.Millisecond}, "gave no answer within 50ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.live.Timeout == 0 {
				tt.live.Timeout = time.Minute
			}
			a := askRaw(tt.url, tt.live)
			if a.Outcome != NotAsked || a.Err == nil || !strings.Contains(a.Err.Error(), tt.want) {
				t.Fatalf("%s, %v; want %s", a.Outcome, a.Err, tt.want)
			}
			if late := strings.Contains(a.Err.Error(), "no answer within"); late != (tt.name == "silence") {
				t.Errorf("blamed on time: %v", a.Err)
			}
		})
	}
}

func TestAnEndedProgramIsNotASlowServer(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if a := AskLive(ctx, question("http://localhost:1", srv.URL), Live{}); a.Err == nil || strings.Contains(a.Err.Error(), "within") {
		t.Errorf("%v", a.Err)
	}
}

// boundPort returns an address at which nothing listens and, until the test
// ends, nothing else can: its port is taken by a socket that is only bound.
func boundPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}
