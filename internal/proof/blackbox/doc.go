// Package blackbox asks whatever enforces a policy some tens of thousands of
// questions over real sockets and compares each answer with an independent,
// naive reading of the decision table. A running `concors serve` is asked, and
// so are programs that use the library in each of its ways; another server with
// an exported configuration is one more Plane.
//
// Nothing here imports the library, the document or the gateway: the reading
// (oracle.go) was written from the design alone, and a mistake made in the
// product cannot be repeated here by sharing its code. The pieces, in the
// order in which a question meets them:
//
//	settings.go   the settings that are tried, and the document made of them
//	cases.go      origins, fetch metadata, credentials, … : the values a question is put together from
//	enumerate.go  every combination that matters, and a seeded sample of the rest
//	question.go   one request, as bytes for HTTP/1.1 and as headers for HTTP/2
//	oracle.go     question → expected answer
//	upstream.go   the recording upstream: what reached it, and what it replies
//	http1.go, http2.go   the two ways of asking
//	judge.go      expected answer against what happened
//	plane.go      what is asked: the gateway and the library, each as a Plane
//	program.go    builds and starts their programs
//	library/      the program that serves worlds with the library (it alone imports it)
//
// The environment steers the length: CONCORS_QUESTIONS (about how many
// questions; 75000 unless told), CONCORS_SEED, CONCORS_LOAD (a duration; 3s
// unless told), CONCORS_RACE=1 (build the program with the race detector) and
// CONCORS_TIMES=1 (hold the promised times, on a machine without other work).
package blackbox
