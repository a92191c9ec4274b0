// Package cors decides, for each HTTP request, whether a page of another origin
// may make it, and tells the browser so.
//
// There is one setting, a [Policy]: [None] disallows cross-origin requests (the
// default), [All] lets every website call anonymously, [Selected] lets the
// listed domains call, with credentials if it says so. Everything else follows:
// the headers of the CORS protocol, answers to preflights, Vary, and the refusal
// of requests that no preflight announces, such as form posts and WebSocket
// handshakes, before they reach the handler.
//
//	mux := http.NewServeMux()
//	mux.HandleFunc("GET /hello", hello)
//
//	c, err := cors.New(cors.Selected{Domains: []string{"https://docs.example.com"}}, nil)
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe(":8080", c.Handler(mux)))
//
// # Where it goes
//
// Wrap the whole router. A preflight is an OPTIONS request, so a middleware
// around the handler of "GET /hello" never sees it. Given an [http.ServeMux],
// the middleware asks it which methods it has at a path, and preflights are
// answered with those. Where endpoints differ, a [Mux] is an [http.ServeMux]
// whose patterns have a policy each. Behind another router, list the methods in
// [Options].Methods.
//
// Put it before authentication: preflights carry no credentials. Handlers inside
// add to Vary (w.Header().Add) rather than set it.
//
// # What it refuses
//
// A foreign request that the policy does not allow is answered with 403 and a
// problem document (RFC 9457) that names a [Reason]; the handler never runs.
// Requests of the API's own pages run, and so do those of clients that are not
// browsers. Whose request it is says Sec-Fetch-Site, which all browsers send to
// https and loopback addresses; without it, Origin compared with Host or with
// the declared [Options].Origins.
//
// To try a policy on live traffic first, set its ObserveOnly field and listen to
// [Options].OnDecision.
//
// # Pieces
//
// [Compile] turns a policy into a [Compiled], which judges requests:
// [Compiled.Decide] is a pure function of the request. A [Path] holds one for
// each method, and judges preflights by the method they ask for. A [Decision]
// carries itself out with [Decision.Serve], so that an adapter for another
// router or framework is a few lines:
//
//	d := path.Decide(r)
//	d.Serve(w, r, next)
//
// A proxy that has no handler to call uses its parts: [Decision.Request],
// [Decision.SetHeaders] and [Decision.Respond].
//
// # What will not change
//
// What is decided and the headers of an answer follow the Fetch standard and
// change only where they were wrong, which the changelog then says. Names of
// this package, codes of mistakes and reasons of refusals are stable: programs
// may key on them. Texts (messages, titles, details, verdicts) may improve at any
// time. The profiles of package browser follow the browsers.
//
// Terms are those of the Fetch standard, https://fetch.spec.whatwg.org/.
package cors
