package blackbox

// A Want is the answer that the design wants.
type Want struct {
	Row, Column string // the table's cell

	Status   int  // 0: the upstream's, or Gateway's
	Gateway  int  // the gateway's own error where the endpoint's upstream fails it
	Reached  bool // the upstream saw the request
	NoPolicy bool // 404, 400 and 421: no policy applies

	// Credentials.
	Anonymous         bool // removed from the request, and Set-Cookie and Clear-Site-Data from the answer
	KeepAuthorization bool // Authorization stays, unless browsers send its scheme unasked
	Untouched         bool // enforce: false: everything passes, both ways

	// Headers of the answer. Without a value, a header must not be there.
	AllowOrigin      string
	AllowCredentials bool
	ExposeHeaders    []string
	CORP             string
	AnyCORP          bool
	VaryHas, VaryNot []string

	// A preflight's answer.
	Preflight       bool
	AllowMethods    []string // exactly these, HEAD aside
	AnyMethods      bool     // an endpoint takes any method: AllowMethods and at least RequestedMethod
	RequestedMethod string
	AllowHeaders    []string // as the setting lists them, "*" included

	RequestedHeaders []string
	MaxAge           string

	// A refusal.
	Refusal bool
	Reasons []string // one of these; "" is any

	Allow []string // a 405's methods
}
