// Package proof has the proofs of the project below it, one folder for each:
//
//	blackbox       some hundred thousand questions to whatever enforces a policy, judged by an oracle that knows no code of ours
//	agreement      random policies and calls: what the server does and what the model of the browser makes of it agree
//	differential   the model of the browser against real ones
//	realbrowser    starts those
//	e2e            real browsers, a running concors serve, caches between them
//	uitest         the admin pages in a real browser
//	frameworks     the middleware in other people's routers and frameworks
//	tidy           packages, modules and documents are in order
//
// What a store must keep to stands beside the stores: store/storetest.
package proof
