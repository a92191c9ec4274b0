package explain

import "github.com/concors/concors/cors/browser"

// settingFor says which setting of Concors lets a call succeed that failed with
// f; "" if none does.
func settingFor(f *browser.Failure) string {
	selected := "allow: selected, with " + f.Origin + " among the domains"
	switch f.Code {
	case browser.MissingAllowOrigin, browser.MultipleAllowOrigin, browser.InvalidAllowOrigin,
		browser.AllowOriginMismatch, browser.WildcardWithCredentials, browser.MissingAllowCredentials:
		return grantFor(f, selected)
	case browser.PreflightStatus:
		return "Concors answers preflights itself, before the application sees them."
	case browser.PreflightRedirect:
		return "Concors answers preflights itself and never redirects them."
	case browser.InvalidAllowMethods:
		return "Concors derives the methods from the endpoints at the path."
	case browser.InvalidAllowHeaders:
		return "Concors writes the header itself, from the names in headers."
	case browser.MethodNotAllowed:
		if f.Want == "patch" { // the page is wrong, not the server
			return ""
		}
		return "Add an endpoint for " + f.Want + " at this path, with the same setting."
	case browser.HeaderNotAllowed:
		return f.Want + " among the headers"
	case browser.CORP:
		return "embed: any (or same-site)"
	case browser.CORPMissing:
		return "embed: any"
	case browser.WebSocketRefused:
		return selected
	}
	return ""
}

// grantFor is for failures of the CORS check itself.
func grantFor(f *browser.Failure, setting string) string {
	switch {
	case f.Origin == "null": // to allow it would allow every sandboxed frame of every website
		if setting = ""; !f.Credentials {
			setting = "allow: all"
		}
	case f.Credentials && (f.Code == browser.WildcardWithCredentials || f.Code == browser.MissingAllowCredentials):
		setting += " and credentials: true"
	case f.Credentials:
		setting += ", credentials: true"
	}
	if f.Code == browser.MultipleAllowOrigin && f.Origin != "null" {
		setting = "Concors in front removes the application's own headers; " + setting
	}
	if f.Preflight && f.Status > 0 && f.Status/100 != 2 {
		return joined("Concors answers preflights itself", setting)
	}
	return setting
}

func joined(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}
