// Package api serves the admin API and the pages over HTTP: [Handler] knows who
// may use them, which addresses there are, what is answered in which form, and
// how much of the machine that may take. openapi.yaml describes the API.
package api
