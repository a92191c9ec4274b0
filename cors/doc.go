// Package cors decides, for each HTTP request, whether a website on another
// origin may make it, and sets the headers that tell the browser so.
package cors
