package cors

import (
	"bytes"
	"errors"
	"net"
	"net/http"
)

// hijackedConn is the connection of an anonymous caller that a handler has taken
// over. What the handler writes first is the head of an answer, a proxy's that
// of its upstream; it leaves without Set-Cookie and Clear-Site-Data.
type hijackedConn struct {
	net.Conn
	head   []byte // written so far, and not sent
	passed bool   // the head was sent: the rest is as it is
}

// maxHead is more than the head of any answer to an upgrade: then it is none.
const maxHead = 1 << 20

var errHead = errors.New("cors: the answer on a connection taken over has no end of its header within 1 MiB")

func (c *hijackedConn) Write(p []byte) (int, error) {
	if c.passed {
		return c.Conn.Write(p)
	}
	if len(c.head)+len(p) > maxHead {
		return 0, errHead
	}
	c.head = append(c.head, p...)
	var out []byte
	for !c.passed {
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			break
		}
		head, rest := c.head[:end+2], c.head[end+2:] // the blank line is in rest
		out = appendAnonymous(out, head)
		out, c.head = append(out, rest[:2]...), rest[2:]
		c.passed = !informational(head)
	}
	if c.passed {
		out, c.head = append(out, c.head...), nil
	}
	if len(out) > 0 {
		if _, err := c.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// appendAnonymous appends the lines of an answer's head without those that
// anonymous callers do not get, and without what continues them.
func appendAnonymous(out, head []byte) []byte {
	dropped := false
	for line := range bytes.Lines(head) {
		if folded := line[0] == ' ' || line[0] == '\t'; !folded {
			name, _, _ := bytes.Cut(line, []byte(":"))
			dropped = setsCredentials(string(bytes.TrimSpace(name)))
		}
		if !dropped {
			out = append(out, line...)
		}
	}
	return out
}

// informational reports whether a head is that of a 1xx answer, after which
// another one comes. 101 is the last.
func informational(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	_, status, _ := bytes.Cut(line, []byte(" "))
	return len(status) >= 3 && status[0] == '1' && !bytes.HasPrefix(status, []byte("101"))
}

// CloseWrite lets who proxies a connection end its own half of it.
func (c *hijackedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
