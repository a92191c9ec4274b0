package cli

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

func TestMemoryLimit(t *testing.T) {
	const meminfo, group, service = "proc/meminfo", "proc/self/cgroup", "0::/system.slice/concors.service\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing is known", nil, math.MaxInt64},
		{"the machine's memory", map[string]string{meminfo: "MemTotal:       16384 kB\nMemFree: 1 kB\n"}, 16 << 20},
		{"a container's", map[string]string{meminfo: "MemTotal: 16384 kB\n", "sys/fs/cgroup/memory.max": "1048576\n"}, 1 << 20},
		{"a container without a limit", map[string]string{meminfo: "MemTotal: 16384 kB\n", "sys/fs/cgroup/memory.max": "max\n"}, 16 << 20},
		{"a service's", map[string]string{group: service, "sys/fs/cgroup/system.slice/concors.service/memory.max": "4096\n"}, 4096},
		{"its slice's, which is less", map[string]string{
			group: service, "sys/fs/cgroup/system.slice/concors.service/memory.max": "4096\n", "sys/fs/cgroup/system.slice/memory.max": "2048\n",
		}, 2048},
		{"version 1 beside it", map[string]string{group: "3:memory:/x\n0::/y\n", "sys/fs/cgroup/y/memory.max": "4096\n", "sys/fs/cgroup/x/memory.max": "1\n"}, 4096},
		{"a group beyond the root", map[string]string{group: "0::/../../y\n", "sys/fs/cgroup/y/memory.max": "4096\n"}, 4096},
		{"nonsense", map[string]string{meminfo: "MemTotal: many\n", "sys/fs/cgroup/memory.max": "-1\n"}, math.MaxInt64},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range tt.files {
				name = filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := memoryLimit(root); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestGarbageCollection(t *testing.T) {
	restore := func() func() {
		percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
		return func() {
			debug.SetGCPercent(percent)
			debug.SetMemoryLimit(limit)
		}
	}()
	defer restore()
	log := slog.New(slog.DiscardHandler)
	t.Run("the environment wins", func(t *testing.T) {
		t.Setenv("GOGC", "100")
		t.Setenv("GOMEMLIMIT", "1GiB")
		tuneGarbageCollection(log)
		if percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); percent != 100 || limit != math.MaxInt64 {
			t.Errorf("%d %%, %d bytes, want them untouched", percent, limit)
		}
	})
	t.Run("else the defaults are set", func(t *testing.T) {
		t.Setenv("GOGC", "")
		t.Setenv("GOMEMLIMIT", "")
		tuneGarbageCollection(log)
		want := memoryLimit("/")
		if want < math.MaxInt64 {
			want = want / 100 * memoryPercent
		}
		if percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); percent != garbagePercent || limit != want {
			t.Errorf("%d %%, %d bytes, want %d %%, %d bytes", percent, limit, garbagePercent, want)
		}
	})
}
