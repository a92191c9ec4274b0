package store_test

import (
	"testing"

	"github.com/concors/concors/store"
)

func TestOpeners(t *testing.T) {
	var opened string // by whom, and what
	opens := func(kind string) func(string, store.Options) (store.Opened, error) {
		return func(address string, opts store.Options) (store.Opened, error) {
			opened = kind + " " + address
			return store.NewMemory(nil, opts), nil
		}
	}
	openers := store.Openers{"file": opens("file"), "etcd": opens("etcd")}
	for _, tt := range []struct{ address, want string }{
		{"concors.yaml", "file concors.yaml"},
		{"file:concors.yaml", "file file:concors.yaml"},
		{"FILE:concors.yaml", "file FILE:concors.yaml"},
		{"/etc/concors.yaml", "file /etc/concors.yaml"},
		{"./odd:name.yaml", "file ./odd:name.yaml"},
		{`C:\concors.yaml`, `file C:\concors.yaml`},
		{"", "file "},
		{":", "file :"},
		{"2026:concors.yaml", "file 2026:concors.yaml"},
		{"etcd://127.0.0.1:2379/concors", "etcd etcd://127.0.0.1:2379/concors"},
	} {
		opened = ""
		if _, err := openers.Open(tt.address, store.Options{}); err != nil || opened != tt.want {
			t.Errorf("Open(%q) asked %q, error %v; want %q", tt.address, opened, err, tt.want)
		}
	}
	for address, want := range map[string]string{
		"redis://127.0.0.1": "store: redis://127.0.0.1: no store has addresses that begin with redis: (there are etcd:, file:); if it is the name of a file, write file:redis://127.0.0.1",
		"odd:name.yaml":     "store: odd:name.yaml: no store has addresses that begin with odd: (there are etcd:, file:); if it is the name of a file, write file:odd:name.yaml",
	} {
		opened = ""
		if _, err := openers.Open(address, store.Options{}); err == nil || err.Error() != want || opened != "" {
			t.Errorf("Open(%q) asked %q, error %v; want %q", address, opened, err, want)
		}
	}
}
