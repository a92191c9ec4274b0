package problemjson_test

import (
	"net/http/httptest"
	"testing"

	"github.com/concors/concors/internal/problemjson"
)

func TestAnswer(t *testing.T) {
	d := struct {
		problemjson.Document
		Field string `json:"field"`
	}{problemjson.New("https://docs.example/#", 404, "no-such-thing", "There is <none>"), "x"}
	a := problemjson.Encode(d.Status, d)
	for range 2 { // an answer can be sent again and again
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Origin")
		a.Write(w)
		want := `{"type":"https://docs.example/#no-such-thing","title":"There is \u003cnone\u003e","status":404,"reason":"no-such-thing","field":"x"}` + "\n"
		if w.Code != 404 || w.Body.String() != want {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Origin", "Content-Length": "133",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		w.Header()["Cache-Control"][0] = "changed by somebody" // of this answer alone
	}
}
