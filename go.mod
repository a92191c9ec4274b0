module github.com/concors/concors

go 1.26.0

require github.com/coder/websocket v1.8.15

replace github.com/concors/concors/cors => ./cors
