package explain

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// networkError puts why req got no answer into words.
func networkError(req *http.Request, timeout time.Duration, err error) error {
	host := req.URL.Host
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fmt.Errorf("there is no host of the name %s: %w", dns.Name, err)
		}
		return fmt.Errorf("the name %s could not be looked up: %w", dns.Name, err)
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return fmt.Errorf("%s gave no answer within %s: %w", host, timeout, err)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("the certificate of %s is not accepted: %w (--insecure accepts any)", host, err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%s does not speak TLS; perhaps its address begins with http: %w", host, err)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s: %w", host, err)
	case errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s broke off the connection: %w", host, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s closed the connection without an answer: %w", host, err)
	}
	// net/http has no types for these. The second is of servers that speak first.
	if text := err.Error(); strings.Contains(text, "malformed HTTP") {
		return fmt.Errorf("%s does not speak HTTP: %w", host, err)
	} else if strings.Contains(text, "readLoopPeekFailLocked") {
		return fmt.Errorf("%s does not speak HTTP: it answered before it was asked", host)
	}
	return err
}
