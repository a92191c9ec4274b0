package realbrowser

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
)

// socksProxy is a SOCKS5 server (RFC 1928: no authentication, CONNECT only) on
// loopback that makes each connection with dial.
type socksProxy struct {
	listener net.Listener
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	ctx      context.Context
	cancel   context.CancelFunc
	serving  sync.WaitGroup
}

func startSOCKS(dial func(ctx context.Context, network, address string) (net.Conn, error)) (*socksProxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &socksProxy{listener: l, dial: dial}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.serving.Go(func() { p.serve(conn) })
		}
	})
	return p, nil
}

func (p *socksProxy) addr() string { return p.listener.Addr().String() }

func (p *socksProxy) close() error {
	p.cancel()
	err := p.listener.Close()
	p.serving.Wait()
	return err
}

// serve handles one connection; errors end it, the browser then reports a
// connection error of its own.
func (p *socksProxy) serve(conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(p.ctx, func() { conn.Close() })
	defer stop()
	in := bufio.NewReader(conn)
	address, err := readRequest(in, conn)
	if err != nil {
		return
	}
	upstream, err := p.dial(p.ctx, "tcp", address)
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // connection refused
		return
	}
	defer upstream.Close()
	if _, err := conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil {
		return
	}
	var upwards sync.WaitGroup
	upwards.Go(func() {
		_, _ = io.Copy(upstream, in)
		closeWrite(upstream)
	})
	_, _ = io.Copy(conn, upstream)
	conn.Close() // ends the other direction too
	upwards.Wait()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	c.Close()
}

// readRequest reads the greeting and the CONNECT request, and returns "host:port".
func readRequest(in *bufio.Reader, out io.Writer) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return "", err
	}
	if head[0] != 5 {
		return "", fmt.Errorf("SOCKS version %d", head[0])
	}
	if _, err := in.Discard(int(head[1])); err != nil { // offered methods
		return "", err
	}
	if _, err := out.Write([]byte{5, 0}); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", err
	}
	if head[1] != 1 {
		return "", errors.New("not CONNECT")
	}
	var size int
	switch head[3] {
	case 1:
		size = net.IPv4len
	case 4:
		size = net.IPv6len
	case 3:
		n, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		size = int(n)
	default:
		return "", fmt.Errorf("address type %d", head[3])
	}
	rest := make([]byte, size+2)
	if _, err := io.ReadFull(in, rest); err != nil {
		return "", err
	}
	host := string(rest[:size])
	if head[3] != 3 {
		host = net.IP(rest[:size]).String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(rest[size:])))), nil
}
