package explain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A harLimit bounds a recording.
type harLimit struct {
	bytes   int64
	entries int
}

func (l harLimit) tooLarge() error {
	return fmt.Errorf("the recording is larger than %d MiB: save one of fewer requests, or without their contents", l.bytes>>20)
}

// maxHAR is well above what a browser saves in a long session.
var maxHAR = harLimit{256 << 20, 100_000}

// errHARTooLong is replaced by one that names the limit.
var errHARTooLong = errors.New("too many entries")

// decodeHAR reads the entries of an HTTP Archive, the recording that browsers'
// developer tools save. Contents, which are most of it, are skipped on the way.
// See http://www.softwareishard.com/blog/har-12-spec/.
func decodeHAR(r io.Reader, limit harLimit) (entries []harEntry, err error) {
	if file, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok { // no need to read it
		if info, err := file.Stat(); err == nil && info.Size() > limit.bytes {
			return nil, limit.tooLarge()
		}
	}
	limited := &io.LimitedReader{R: r, N: limit.bytes + 1}
	buffered := bufio.NewReader(limited)
	start, _ := buffered.Peek(3)
	switch {
	case bytes.Equal(start, []byte("\xef\xbb\xbf")): // some tools write this before UTF-8
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, errors.New("not a HAR recording: the file is UTF-16; save it as UTF-8")
	}
	dec := json.NewDecoder(buffered)
	found := false
	err = eachField(dec, func(name string) error {
		if name != "log" {
			return skip(dec)
		}
		found = true
		return eachField(dec, func(name string) error {
			if name != "entries" {
				return skip(dec)
			}
			entries, err = decodeEntries(dec, limit.entries)
			return err
		})
	})
	switch {
	case limited.N <= 0:
		return nil, limit.tooLarge()
	case errors.Is(err, errHARTooLong):
		return nil, fmt.Errorf("the recording has more than %d requests: save one of fewer", limit.entries)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("not a HAR recording: it ends too early")
	case err != nil:
		return nil, fmt.Errorf("not a HAR recording: %w", err)
	case !found:
		return nil, errors.New(`not a HAR recording: there is no "log" in it`)
	}
	return entries, nil
}

func decodeEntries(dec *json.Decoder, most int) (entries []harEntry, err error) {
	if err := delimiter(dec, '['); err != nil {
		return nil, err
	}
	for dec.More() {
		if len(entries) == most {
			return nil, errHARTooLong
		}
		var e harEntry
		if err := dec.Decode(&e); err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(entries)+1, err)
		}
		e.header = headerOf(e.Request.Headers)
		entries = append(entries, e)
	}
	return entries, delimiter(dec, ']')
}

// eachField calls f with the name of each field of an object; f reads its value.
func eachField(dec *json.Decoder, f func(name string) error) error {
	if err := delimiter(dec, '{'); err != nil {
		return err
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		if err := f(token.(string)); err != nil { // the decoder lets no other names pass
			return err
		}
	}
	return delimiter(dec, '}')
}

func delimiter(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("there should be %s at byte %d", want, dec.InputOffset())
	}
	return nil
}

// skip reads a value and forgets it.
func skip(dec *json.Decoder) error { return dec.Decode(new(json.RawMessage)) }
