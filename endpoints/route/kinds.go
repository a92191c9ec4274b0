package route

import (
	"maps"
	"slices"
)

// A Kind is what there is to say about a [Code], whoever makes the mistake.
type Kind struct {
	Code    Code
	Message string // what is wrong, as in error texts: lower case, no full stop
	Cause   string // why it matters, in sentences
	Remedy  string // how to mend it, in sentences
	Example string // a pattern with this mistake
}

// Kinds returns every kind of mistake this package can report, ordered by code.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for _, code := range slices.Sorted(maps.Keys(kinds)) {
		m := kinds[code]
		m.Code = code
		all = append(all, m)
	}
	return all
}

var kinds = map[Code]Kind{
	PatternEmpty: {
		Message: "a pattern is missing here",
		Cause:   "The entry is empty or holds nothing but spaces.",
		Remedy:  "Write method and path, such as GET /api/account, or remove the entry.",
		Example: " ",
	},
	PatternTooLong: {
		Message: "a pattern has at most 4096 bytes",
		Cause:   "No path of an API is this long; something else was pasted.",
		Remedy:  "Shorten it, for example with {name...} for the rest of the path.",
	},
	PatternSpace: {
		Message: "a single space stands between method and path, and nowhere else",
		Cause:   "Spaces at the ends, several spaces or tabs make two spellings of one pattern.",
		Remedy:  "Write one space after the method and none elsewhere. A space within a path is written %20.",
		Example: "GET  /api/account",
	},
	PatternMethodInvalid: {
		Message: "this is not an HTTP method",
		Cause:   "A method is one word of letters, digits and a few signs. A pattern has one method or none.",
		Remedy:  "Write one pattern for each method, or leave the method out to take any.",
		Example: "GET,POST /api/account",
	},
	PatternMethodLowerCase: {
		Message: "methods are case-sensitive and written in upper case",
		Cause:   "A request with GET would never match a pattern with get.",
		Remedy:  "Write the method in upper case.",
		Example: "get /api/account",
	},
	PatternMethodConnect: {
		Message: "CONNECT asks a proxy for a tunnel and has no path to match",
		Cause:   "Browsers refuse CONNECT in scripts, and its requests name a host and port instead of a path.",
		Remedy:  "Remove the endpoint.",
		Example: "CONNECT /tunnel",
	},
	PatternScheme: {
		Message: "a pattern has no scheme",
		Cause:   "Patterns begin with a host or a path; http and https requests are matched alike.",
		Remedy:  "Remove the scheme.",
		Example: "GET https://api.example.com/account",
	},
	PatternMissingSlash: {
		Message: "a path begins with a slash",
		Cause:   "What stands before the first slash is taken as a host name.",
		Remedy:  "Put a slash before the path; a pattern for a whole host ends in one.",
		Example: "GET account",
	},
	PatternHostInvalid: {
		Message: "this is not a host name as browsers send it",
		Cause:   "Browsers send host names in ASCII and IP addresses in their canonical form, without user names.",
		Remedy:  "Write the host as it stands in the Host header: letters, digits, hyphens and dots, at most 253 bytes. International names are written in their xn-- form, IPv6 addresses in brackets.",
		Example: "bücher.example/account",
	},
	PatternHostPort: {
		Message: "hosts are compared without port",
		Cause:   "The port of a request is not looked at, so a pattern with a port would never match.",
		Remedy:  "Remove the port.",
		Example: "api.example.com:8080/account",
	},
	PatternHostUpperCase: {
		Message: "host names are written in lower case",
		Cause:   "Case makes no difference in host names; one spelling keeps patterns comparable.",
		Remedy:  "Write the host in lower case.",
		Example: "API.example.com/account",
	},
	PatternHostWildcard: {
		Message: "a host cannot hold a wildcard",
		Cause:   "Patterns match one host exactly, or every host when they have none.",
		Remedy:  "Write one pattern for each host, or leave the host out.",
		Example: "*.example.com/account",
	},
	PatternPathUnclean: {
		Message: "a path has no empty segments and no . or .. segments",
		Cause:   "Browsers remove dot segments before they send a request, and requests with such paths are refused.",
		Remedy:  "Write the path without them.",
		Example: "GET /api//account",
	},
	PatternPathCharacter: {
		Message: "this character cannot stand in a path",
		Cause:   "Spaces, control characters and backslashes are percent-encoded in requests or refused.",
		Remedy:  "Remove it, or write a space as %20.",
		Example: `GET /api\account`,
	},
	PatternPathEscape: {
		Message: "a percent sign must be followed by two hexadecimal digits",
		Cause:   "%41 stands for the byte 0x41. A percent sign itself is written %25.",
		Remedy:  "Write %25 for a percent sign.",
		Example: "GET /discount/50%",
	},
	PatternQuery: {
		Message: "a pattern ends before the query and the fragment",
		Cause:   "Only method, host and path decide about the endpoint; a pattern with a question mark would never match.",
		Remedy:  "Remove the question mark or number sign and what follows. Where it belongs to the path, write %3F or %23.",
		Example: "GET /search?q=1",
	},
	PatternWildcardSyntax: {
		Message: "a wildcard is a whole segment, written {name} or {name...}",
		Cause:   "A brace, colon or asterisk of another kind of router would be matched literally or not at all.",
		Remedy:  "Write {name} for one segment and {name...} for all that remain. Literal characters are written %7B, %7D, %3A, %2A.",
		Example: "GET /users/:id",
	},
	PatternWildcardName: {
		Message: "the name of a wildcard consists of letters, digits and underscores, and begins with no digit",
		Cause:   "Wildcard names are Go identifiers.",
		Remedy:  "Choose another name.",
		Example: "GET /users/{user-id}",
	},
	PatternWildcardDuplicate: {
		Message: "two wildcards have the same name",
		Cause:   "The value of the one would hide that of the other.",
		Remedy:  "Rename one of them.",
		Example: "GET /users/{id}/posts/{id}",
	},
	PatternWildcardNotLast: {
		Message: "{$} and {name...} stand at the end of a path",
		Cause:   "Nothing can follow the end, or all that remains.",
		Remedy:  "Write {name} for a single segment, or remove what follows.",
		Example: "GET /files/{path...}/meta",
	},
	PatternConflict: {
		Message: "two patterns match the same request and neither is more specific",
		Cause:   "It would be left to chance which of the two settings a request gets.",
		Remedy:  "Make one of the patterns more specific, or remove one.",
		Example: "GET /users/{name}/posts and GET /users/new/{page}",
	},
}
