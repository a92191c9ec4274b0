package cors

import "net/http"

// Serve carries d out: it answers r itself, or lets next answer it, with the
// headers that belong to d and, if d drops credentials, without them.
//
// Where policies are told apart by something else than a [Mux], it is all that
// an adapter needs:
//
//	d := path.Decide(r)
//	d.Serve(w, r, next)
func (d *Decision) Serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch {
	case d.Observed:
		next.ServeHTTP(w, r)
	case d.Verdict != Run:
		d.Respond(w, r)
	case d.Anonymous:
		d.serveAnonymously(w, r, next)
	default:
		d.SetHeaders(w.Header())
		next.ServeHTTP(w, r)
	}
}

func (d *Decision) serveAnonymously(w http.ResponseWriter, r *http.Request, next http.Handler) {
	aw, outer := newAnonymousWriter(w, r)
	d.setHeaders(w.Header(), d.template(), aw.room[:])
	run := d.Request(r)
	defer func() {
		aw.clean() // trailers, and what was set without writing anything
		// The server deletes the files of r's form, and what stands before us may
		// read the pattern, so both have to get from the copy into r.
		if run != r {
			r.MultipartForm, r.Pattern = run.MultipartForm, run.Pattern
		}
	}()
	next.ServeHTTP(outer, run)
}
