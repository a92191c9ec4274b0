package browser

// A Failure is the one step that made a call fail.
type Failure struct {
	// Code names the mistake. Codes are stable.
	Code Code
	// Section is the fragment of the Fetch standard, or the full address of
	// a section of another standard.
	Section string
	// Exchange is the index of the exchange whose answer was refused, -1 if
	// the call failed before anything was sent.
	Exchange int
	// Preflight says whether that exchange is a preflight.
	Preflight bool
	// Got is what was found (a header's value, a status, a method), Want what
	// was asked for. Either may be empty.
	Got, Want string
}

// Code names a cause of failure.
type Code string

// Message is what one browser says about a failure.
type Message struct {
	// Code is Chromium's CorsError or net error ("MissingAllowOriginHeader"),
	// Firefox's reason key ("CORSMissingAllowOrigin"). WebKit has none.
	Code string
	// Text is the sentence in the console.
	Text string
}

// Repair says what to change, from nearest to the server's bytes to Concors'
// settings.
type Repair struct {
	// Headers are response headers to send, "Access-Control-Allow-Origin:
	// https://docs.example.com", on the answer that was refused.
	Headers []string
	// Server says in words what the server should do.
	Server string
	// Setting says which Concors setting to change, empty if none helps.
	Setting string
	// Page says what the page's own code should change, empty if nothing.
	Page string
}

// Error returns the failure in one line.
func (f *Failure) Error() string { return string(f.Code) }

// Chromium returns what Chromium writes to its console.
func (f *Failure) Chromium() Message { return Message{} }

// Firefox returns what Firefox writes to its console.
func (f *Failure) Firefox() Message { return Message{} }

// WebKit returns what Safari writes to its console, in our words.
func (f *Failure) WebKit() Message { return Message{} }

// Repair returns what to change so that the call succeeds.
func (f *Failure) Repair() Repair { return Repair{} }
