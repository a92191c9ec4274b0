package endpoints

import "go.yaml.in/yaml/v4"

// CountValues returns how many values and keys a text holds, and how many are
// counted before it is parsed.
func CountValues(data []byte) (held, counted int) {
	var count func(n *yaml.Node) int
	count = func(n *yaml.Node) int {
		sum := 1
		for _, c := range n.Content {
			sum += count(c)
		}
		return sum
	}
	root := newDecoder("").parse(data)
	if root == nil {
		return 0, atMostValues(data)
	}
	return count(root), atMostValues(data)
}
