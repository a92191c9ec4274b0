package cli

import (
	"log/slog"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// A gateway keeps little and throws much away. With Go's default of 100 it
	// would collect garbage some fifty times a second under load, to keep a heap
	// of a few megabytes small.
	garbagePercent = 400

	// Of the memory that the process may have, this much is for Go.
	memoryPercent = 80
)

// tuneGarbageCollection lets garbage gather, but never beyond what the machine
// or the container has. GOGC and GOMEMLIMIT in the environment win.
func tuneGarbageCollection(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if limit := memoryLimit("/"); limit < math.MaxInt64 {
			debug.SetMemoryLimit(limit / 100 * memoryPercent)
		}
	}
	log.Debug("garbage collection", "memory_limit", debug.SetMemoryLimit(-1))
}

// memoryLimit returns how many bytes this process may have, in the file system
// at root: the least of the machine's memory and of the limits of the control
// groups that it is in (version 2). math.MaxInt64: nothing is known.
func memoryLimit(root string) int64 {
	limit := int64(math.MaxInt64)
	for line := range strings.Lines(readSmall(path.Join(root, "proc/meminfo"))) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			if kilobytes, ok := parseBytes(strings.TrimSuffix(strings.TrimSpace(rest), " kB")); ok {
				limit = kilobytes << 10
			}
		}
	}
	group := "/"
	for line := range strings.Lines(readSmall(path.Join(root, "proc/self/cgroup"))) {
		if rest, ok := strings.CutPrefix(line, "0::"); ok {
			group = path.Clean("/" + strings.TrimSpace(rest))
		}
	}
	for ; ; group = path.Dir(group) {
		if bytes, ok := parseBytes(readSmall(path.Join(root, "sys/fs/cgroup", group, "memory.max"))); ok { // "max": none
			limit = min(limit, bytes)
		}
		if group == "/" {
			return limit
		}
	}
}

func parseBytes(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 53)
	return n, err == nil && n > 0
}

// readSmall returns what is in a file of the system, nothing if it cannot be
// read.
func readSmall(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}
