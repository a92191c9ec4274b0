module github.com/concors/concors

go 1.26.0

require (
	github.com/concors/concors/cors v0.0.0
	github.com/fsnotify/fsnotify v1.10.1
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/sys v0.49.0
	golang.org/x/tools v0.52.0
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/concors/concors/cors => ./cors
