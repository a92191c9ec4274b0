package browser

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// dataFetch is "scheme fetch" of a data: URL (#data-urls): its answer is in the
// URL, nothing is sent, and CORS does not apply.
func (f *fetch) dataFetch() (*response, *Failure) {
	u := f.req.url()
	f.req.tainting = TypeBasic
	meta, data, ok := strings.Cut(u.path, ",")
	if !ok {
		return nil, f.fail(InvalidURL, "#data-url-processor", u.String(), "a data: URL has a comma")
	}
	body := []byte(unescape(data))
	if rest, found := strings.CutSuffix(strings.TrimRight(meta, " "), "base64"); found && strings.HasSuffix(strings.TrimRight(rest, " "), ";") {
		meta = strings.TrimSuffix(strings.TrimRight(rest, " "), ";")
		compact := strings.Join(strings.Fields(string(body)), "")
		decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(compact, "="))
		if err != nil {
			return nil, f.fail(InvalidURL, "#data-url-processor", u.String(), "its base64 does not decode")
		}
		body = decoded
	}
	if strings.HasPrefix(meta, ";") {
		meta = "text/plain" + meta
	}
	if _, ok := fetchspec.Essence(meta); !ok {
		meta = "text/plain;charset=US-ASCII"
	}
	f.step("#data-urls", "The answer is in the URL: nothing is sent.")
	header := http.Header{"Content-Type": {meta}}
	if f.prof.dataLength && f.req.kind == FetchAPI {
		header.Set("Content-Length", itoa(len(body)))
	}
	return &response{status: 200, url: u, body: body, header: header}, nil
}
