package admin

// ReasonText says why a request is refused.
var ReasonText = reasonText
