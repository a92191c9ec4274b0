package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// fullDisk refuses what is written to it.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLostOutputIsNoSuccess(t *testing.T) {
	for _, args := range []string{"--help", "version", "schema", "check -", "check --json -"} {
		t.Run(args, func(t *testing.T) {
			var stderr strings.Builder
			stdin := strings.NewReader("upstream: http://127.0.0.1:3000\nendpoints: [{endpoint: GET /}]\n")
			code := run(context.Background(), strings.Fields(args), stdin, fullDisk{}, &stderr)
			if code != exitFailed || !strings.Contains(stderr.String(), "no space left on device") {
				t.Errorf("exit code %d, stderr %q", code, stderr.String())
			}
		})
	}
}
