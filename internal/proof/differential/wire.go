package differential

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// readRequest reads a request as a browser wrote it. http.ReadRequest refuses
// bytes in header values that browsers do send (DEL, controls).
func readRequest(in *bufio.Reader) (*http.Request, error) {
	line, err := readLine(in)
	if err != nil {
		return nil, err
	}
	method, rest, _ := strings.Cut(line, " ")
	target, _, ok := strings.Cut(rest, " ")
	if !ok {
		return nil, fmt.Errorf("request line %q", line)
	}
	r := &http.Request{Method: method, RequestURI: target, Header: http.Header{}, Body: http.NoBody}
	if r.URL, err = url.ParseRequestURI(target); err != nil {
		path, query, _ := strings.Cut(target, "?")
		r.URL = &url.URL{Path: path, RawQuery: query}
	}
	for {
		line, err := readLine(in)
		if err != nil {
			return nil, err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("header line %q", line)
		}
		r.Header.Add(name, strings.Trim(value, " \t"))
	}
	r.Host = r.Header.Get("Host")
	if r.Header.Get("Transfer-Encoding") == "chunked" {
		r.Body = io.NopCloser(httputil.NewChunkedReader(in))
	} else if n, err := strconv.ParseInt(r.Header.Get("Content-Length"), 10, 64); err == nil {
		r.Body = io.NopCloser(io.LimitReader(in, n))
	}
	return r, nil
}

func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}
