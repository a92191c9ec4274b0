package endpoints

func Starter() []byte { return []byte("upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: GET /a\n") }
func Schema() []byte  { return []byte("{\"endpoints\":1}\n") }
