// Command bare is the least that could stand in the gateway's place: net/http's
// reverse proxy before the upstream named by its first argument, or, without
// one, a handler that answers 204. It prints its address.
//
// By default net/http keeps two connections to an upstream and opens a new one
// for every further request; a second argument, keep, lets it keep more.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if len(os.Args) > 1 {
		upstream, err := url.Parse(os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(upstream)
		if len(os.Args) > 2 && os.Args[2] == "keep" {
			transport := http.DefaultTransport.(*http.Transport).Clone()
			transport.MaxIdleConnsPerHost = 512
			proxy.Transport = transport
		}
		h = proxy
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	log.Fatal(http.Serve(l, h))
}
