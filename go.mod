module github.com/concors/concors

go 1.26.0

require github.com/concors/concors/cors v0.0.0

require (
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)

replace github.com/concors/concors/cors => ./cors
