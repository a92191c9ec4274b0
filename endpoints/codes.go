package endpoints

import (
	"slices"
	"strings"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints/route"
)

// Mistakes in the text of a document.
const (
	DocumentEmpty    mistake.Code = "document-empty"
	DocumentTooLarge mistake.Code = "document-too-large"
	DocumentNotUTF8  mistake.Code = "document-not-utf8"
	DocumentsMany    mistake.Code = "documents-many"
	YAMLSyntax       mistake.Code = "yaml-syntax"
	YAMLAlias        mistake.Code = "yaml-alias"
	YAMLTag          mistake.Code = "yaml-tag"
	KeyUnknown       mistake.Code = "key-unknown"
	KeyDuplicate     mistake.Code = "key-duplicate"
	ValueType        mistake.Code = "value-type"
	ValueMissing     mistake.Code = "value-missing"
)

// Mistakes in policies, as far as the document and not the library sees them.
const (
	AllowUnknown        mistake.Code = "allow-unknown"
	AllowMissing        mistake.Code = "allow-missing"
	CredentialsUnderAll mistake.Code = "credentials-under-all"
	FieldWithoutEffect  mistake.Code = "field-without-effect"
	PolicyNameInvalid   mistake.Code = "policy-name-invalid"
	PolicyDuplicate     mistake.Code = "policy-duplicate"
	PolicyUnknown       mistake.Code = "policy-unknown"
)

// Mistakes in endpoints. Those in a pattern are [route.Kinds].
const (
	EndpointMissing   mistake.Code = "endpoint-missing"
	EndpointDuplicate mistake.Code = "endpoint-duplicate"
	MethodDuplicate   mistake.Code = "method-duplicate"
	MethodsNotNeeded  mistake.Code = "methods-not-needed"
	UpstreamInvalid   mistake.Code = "upstream-invalid"
	UpstreamMissing   mistake.Code = "upstream-missing"
)

// Warnings: the document works, but perhaps not as meant.
const (
	PolicyUnused  mistake.Code = "policy-unused"
	EndpointsNone mistake.Code = "endpoints-none"
)

// Kinds returns everything a [Report] can say, ordered by code: those
// of [mistake.Kinds], of [route.Kinds] and of this package.
func Kinds() []mistake.Kind {
	all := mistake.Kinds()
	for _, m := range route.Kinds() {
		all = append(all, mistake.Kind{Code: mistake.Code(m.Code), Message: m.Message, Cause: m.Cause, Remedy: m.Remedy})
	}
	for code, m := range mistakes {
		m.Code = code
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b mistake.Kind) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

// known has all of [Kinds] by code.
var known = func() map[mistake.Code]mistake.Kind {
	byCode := make(map[mistake.Code]mistake.Kind)
	for _, m := range Kinds() {
		byCode[m.Code] = m
	}
	return byCode
}()

var mistakes = map[mistake.Code]mistake.Kind{
	DocumentEmpty: {
		Message: "this document is empty",
		Cause:   "A file that holds nothing but comments is more often an accident, such as a disk that ran full, than the wish to serve nothing.",
		Remedy:  "Write at least endpoints: []; concors init writes a file to start from.",
	},
	DocumentTooLarge: {
		Message: "a document has at most 16 MiB and 400,000 values",
		Cause:   "Larger input is refused before it is read, so that a wrong file cannot use up the memory.",
		Remedy:  "Check that this is the right file; let patterns such as https://*.example.com stand for many origins.",
	},
	DocumentNotUTF8: {
		Message: "this is not UTF-8",
		Cause:   "The file was saved in another encoding, or is not text.",
		Remedy:  "Save it as UTF-8.",
	},
	DocumentsMany: {
		Message: "a second document begins here",
		Cause:   "--- separates YAML documents, and only one is read.",
		Remedy:  "Join them into one document.",
	},
	YAMLSyntax: {
		Message: "this is not YAML",
		Cause:   "The text cannot be taken apart, so nothing after this place has been checked.",
		Remedy:  `Look at the indentation (spaces, never tabs), quotes and brackets here and in the lines above. Inside [] and {}, a pattern with braces needs quotes: "GET /orders/{id}".`,
	},
	YAMLAlias: {
		Message: "anchors, aliases and merge keys (&, *, <<) are not read",
		Cause:   "What is used several times has a name of its own here: a policy. Without aliases a small file cannot unfold into a huge one, and an edit changes nothing elsewhere.",
		Remedy:  `Put the setting under policies and refer to it by name. A value that begins with * or & needs quotes: "*".`,
	},
	YAMLTag: {
		Message: "tags (!) are not read",
		Cause:   "A tag would change the type of the value, and each key has its one type.",
		Remedy:  "Remove the tag. A value that begins with ! needs quotes.",
	},
	KeyUnknown: {
		Message: "this key is not known here",
		Cause:   "A mistyped key would be a setting that has no effect, so unknown keys are mistakes.",
		Remedy:  "Correct or remove the key.",
	},
	KeyDuplicate: {
		Message: "this key is already there",
		Cause:   "Only one of the two values could count.",
		Remedy:  "Remove one of them.",
	},
	ValueType: {
		Message: "this is not the kind of value that belongs here",
		Cause:   "Each key takes one kind of value: text, true or false, a list, or keys of its own.",
		Remedy:  "Write the kind of value that is asked for.",
	},
	ValueMissing: {
		Message: "a value is missing here",
		Cause:   "The key stands alone, so it is unclear what was meant.",
		Remedy:  "Write the value, or remove the key.",
	},
	AllowUnknown: {
		Message: "allow is one of none, all and selected",
		Cause:   "The value is not known, and a guess could open the endpoint.",
		Remedy:  "Write none (disallow cross-origin requests), all (allow all, anonymously) or selected (allow from the listed domains).",
	},
	AllowMissing: {
		Message: "allow is missing, which means none: nobody may call",
		Cause:   "Without allow a policy disallows cross-origin requests, but this one has fields for callers.",
		Remedy:  "Write allow: selected (the listed domains) or allow: all (every website, anonymously).",
	},
	CredentialsUnderAll: {
		Message: "credentials cannot be allowed to every website",
		Cause:   "Any page could then act as its visitor and read the answers: mail, accounts, everything behind the cookie. Browsers forbid it too. There is no such setting, so it cannot be switched on by mistake.",
		Remedy:  "Write allow: selected and list the domains that need credentials, or remove the key.",
	},
	FieldWithoutEffect: {
		Message: "this field means nothing under the chosen allow",
		Cause:   "A field that has no effect suggests a protection or a permission that is not there.",
		Remedy:  "Remove the field, or choose the allow that it belongs to.",
	},
	PolicyNameInvalid: {
		Message: "a policy's name has 1 to 100 bytes, no control characters and no space at its ends, and is not none, all or selected",
		Cause:   "Names appear in logs, metrics and addresses, and must not be mistaken for a value of allow.",
		Remedy:  "Choose another name, such as front-end.",
	},
	PolicyDuplicate: {
		Message: "a policy of this name is already there",
		Cause:   "Only one of the two could count.",
		Remedy:  "Rename or remove one of them.",
	},
	PolicyUnknown: {
		Message: "there is no policy of this name",
		Cause:   "The endpoint refers to a policy that policies does not have.",
		Remedy:  "Correct the name, add the policy, or write the setting in place: {allow: all}.",
	},
	EndpointMissing: {
		Message: "this endpoint has no pattern",
		Cause:   "Without endpoint: nothing says which requests are meant.",
		Remedy:  "Write endpoint: GET /path, or remove the entry.",
	},
	EndpointDuplicate: {
		Message: "this endpoint is already there",
		Cause:   "Both patterns match the same requests, so only one of the two settings could count. Names in braces make no difference.",
		Remedy:  "Remove one of them.",
	},
	MethodDuplicate: {
		Message: "this method is listed twice",
		Cause:   "It has no effect; perhaps another method was meant. GET includes HEAD.",
		Remedy:  "Remove one of them.",
	},
	MethodsNotNeeded: {
		Message: "methods belongs to patterns without a method",
		Cause:   "The pattern already names the one method it takes.",
		Remedy:  "Remove methods, or the method from the pattern.",
	},
	UpstreamInvalid: {
		Message: "an upstream is an http:// or https:// URL with host, optional port and optional path",
		Cause:   "Requests could not be forwarded to it.",
		Remedy:  "Write it like http://127.0.0.1:3000.",
	},
	UpstreamMissing: {
		Message: "this endpoint has no upstream",
		Cause:   "Neither the endpoint nor the document says where requests go.",
		Remedy:  "Add upstream: http://127.0.0.1:3000 at the top, or to each endpoint.",
	},
	PolicyUnused: {
		Warning: true,
		Message: "no endpoint uses this policy",
		Cause:   "It has no effect; perhaps an endpoint should refer to it.",
		Remedy:  "Use or remove it.",
	},
	EndpointsNone: {
		Warning: true,
		Message: "there are no endpoints: every request is answered 404",
		Cause:   "Only paths that an endpoint names are served.",
		Remedy:  "Add endpoints.",
	},
}
