package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/concors/concors/admin"
)

// pageSize is how many endpoints the list shows at once: few enough that the
// page is small and quick, whatever the document holds.
const pageSize = 50

// An endpointList is the page of endpoints.
type endpointList struct {
	admin.EndpointList
	Query    listQuery
	Page     int // from 1
	Pages    int
	Policies []admin.NamedPolicy
	Related  []admin.TrafficRow // refused origins that look like the owner's own
}

// A listQuery is what the address of the list says.
type listQuery struct {
	Search, Show, Policy, Sort string
	Page                       int
}

func (q listQuery) url(page int, sort string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.Search, "show": q.Show, "policy": q.Policy, "sort": sort} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}

// To is the address of another page of the list.
func (q listQuery) To(page int) string { return q.url(page, q.Sort) }

// By is the address of the list sorted by a column, reversed if it is already.
func (q listQuery) By(column string) string {
	if q.Sort == column {
		column = "-" + column
	}
	return q.url(1, column)
}

// Order is how a column is sorted, in the words of aria-sort.
func (q listQuery) Order(column string) string {
	switch q.Sort {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

// Narrowed reports whether anything is left out on purpose.
func (q listQuery) Narrowed() bool { return q.Search != "" || q.Show != "" || q.Policy != "" }

// list shows the endpoints.
func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	q := listQuery{
		Search: strings.TrimSpace(values.Get("q")), Show: values.Get("show"),
		Policy: values.Get("policy"), Sort: values.Get("sort"), Page: 1,
	}
	if n, err := strconv.Atoi(values.Get("page")); err == nil && n > 1 {
		q.Page = min(n, 1_000_000)
	}
	query := admin.EndpointQuery{Search: q.Search, Policy: q.Policy, Sort: q.Sort, Limit: pageSize, Offset: (q.Page - 1) * pageSize}
	switch q.Show {
	case "":
	case "refused":
		query.Refused = true
	case "observed":
		query.Observe = true
	default:
		query.Allow = q.Show
	}
	found, err := h.service.Endpoints(r.Context(), query)
	if err != nil {
		return err
	}
	d := &endpointList{EndpointList: found, Query: q, Page: q.Page, Pages: max(1, (found.Matched+pageSize-1)/pageSize)}
	traffic, err := h.service.Traffic(r.Context(), admin.TrafficQuery{Outcome: "refused", Limit: 20})
	if err != nil {
		return err
	}
	for _, row := range traffic.Rows {
		if row.Related && row.CanAllow && len(d.Related) < 2 {
			d.Related = append(d.Related, row)
		}
	}
	return h.show(w, r, http.StatusOK, "page_list.html", view{Title: "Endpoints", Nav: "endpoints", Data: d})
}
