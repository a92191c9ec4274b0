package gateway

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// A keyPair is a certificate and its key in files. Every handshake reads them
// and looks whether they have changed, which costs little beside the handshake
// itself and needs neither a signal nor a watcher. It goes by what they hold: a
// file can be replaced by one of equal size and time.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate // guarded by mu
	seen    [2][]byte        // what the files held when they could last be read; guarded by mu
	problem string           // that was last logged, "" once there is none; guarded by mu
}

func loadKeyPair(certFile, keyFile string, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{certFile: certFile, keyFile: keyFile, log: log}
	if _, err := k.look(); err != nil {
		return nil, fmt.Errorf("gateway: certificate %s with key %s: %w", certFile, keyFile, err)
	}
	return k, nil
}

// certificate implements tls.Config.GetCertificate. If the files cannot be
// used, as while one of the two has been replaced, the last pair that could be
// stays.
func (k *keyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch replaced, err := k.look(); {
	case err == nil:
		k.problem = ""
		if replaced {
			k.log.Info("certificate replaced", "cert", k.certFile, "expires", k.current.Leaf.NotAfter)
		}
	case err.Error() != k.problem:
		k.problem = err.Error()
		k.log.Error("certificate not replaced", "cert", k.certFile, "error", err)
	}
	return k.current, nil
}

// look reads the files and, if they hold something new, makes it the current
// pair. Precondition: mu is held, or nobody else knows k.
func (k *keyPair) look() (replaced bool, err error) {
	cert, err := os.ReadFile(k.certFile)
	if err != nil {
		return false, err
	}
	key, err := os.ReadFile(k.keyFile)
	if err != nil {
		return false, err
	}
	if bytes.Equal(cert, k.seen[0]) && bytes.Equal(key, k.seen[1]) {
		return false, nil // good or bad, it is no news
	}
	k.seen = [2][]byte{cert, key}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, err
	}
	k.current = &pair
	return true, nil
}
