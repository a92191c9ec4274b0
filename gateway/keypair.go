package gateway

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A keyPair is a certificate and its key in files. Every handshake looks
// whether they have changed, which costs little beside the handshake itself and
// needs neither a signal nor a watcher.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate // guarded by mu
	seen    [2]fileState     // of the files when they were last read; guarded by mu
}

// fileState changes when a file is written or replaced.
type fileState struct {
	modified time.Time
	size     int64
}

func loadKeyPair(certFile, keyFile string, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{certFile: certFile, keyFile: keyFile, log: log, seen: statBoth(certFile, keyFile)}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("gateway: certificate %s with key %s: %w", certFile, keyFile, err)
	}
	k.current = &cert
	return k, nil
}

// certificate implements tls.Config.GetCertificate. If the files cannot be
// used, as while one of the two has been replaced, the last pair that could be
// stays.
func (k *keyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := statBoth(k.certFile, k.keyFile)
	if now == k.seen {
		return k.current, nil
	}
	k.seen = now
	cert, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		k.log.Error("certificate not replaced", "cert", k.certFile, "error", err)
		return k.current, nil
	}
	k.current = &cert
	k.log.Info("certificate replaced", "cert", k.certFile, "expires", cert.Leaf.NotAfter)
	return k.current, nil
}

func statBoth(certFile, keyFile string) (s [2]fileState) {
	for i, name := range []string{certFile, keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return s
}
