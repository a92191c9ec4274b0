package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// minToken is how many characters a token that a person chose has at least.
const minToken = 24

// A TokenHash is what is kept of the admin token: its SHA-256. That is enough
// for a token of 256 random bits; it is no password, so nothing slower is
// needed. The zero value matches no token.
type TokenHash struct {
	sum [sha256.Size]byte
	set bool
}

// HashToken returns the hash of a token.
func HashToken(token string) TokenHash {
	return TokenHash{sum: sha256.Sum256([]byte(token)), set: true}
}

// ChosenToken is [HashToken] for a token that a person chose: the error says
// why it is too weak.
func ChosenToken(token string) (TokenHash, error) {
	if len(token) < minToken || strings.TrimSpace(token) != token {
		return TokenHash{}, fmt.Errorf("an admin token has at least %d characters, without spaces around it; to make one: openssl rand -base64 32", minToken)
	}
	return HashToken(token), nil
}

// Matches reports whether token is the one that h was made from. It takes the
// same time for every token.
func (h TokenHash) Matches(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], h.sum[:]) == 1 && h.set
}

const hashPrefix = "sha256:"

// TokenFile returns where the hash of the admin token is kept for a document:
// beside it, .concors.yaml.admin for concors.yaml.
func TokenFile(document string) string {
	return filepath.Join(filepath.Dir(document), "."+filepath.Base(document)+".admin")
}

// LoadToken reads the hash of the admin token from the file at path. If there
// is none, it makes a token, keeps its hash there, readable for the owner only,
// and returns the token: the one moment at which it is known.
func LoadToken(path string) (hash TokenHash, created string, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		hash, err = parseHash(string(text))
		if err != nil {
			return TokenHash{}, "", fmt.Errorf("admin: %s: %w", path, err)
		}
		return hash, "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return TokenHash{}, "", fmt.Errorf("admin: reading the hash of the admin token: %w", err)
	}
	created = newSecret()
	hash = HashToken(created)
	if err := writeHash(path, hash); err != nil {
		return TokenHash{}, "", err
	}
	return hash, created, nil
}

func parseHash(text string) (TokenHash, error) {
	h := TokenHash{set: true}
	digits, ok := strings.CutPrefix(strings.TrimSpace(text), hashPrefix)
	if raw, err := hex.DecodeString(digits); !ok || err != nil || copy(h.sum[:], raw) != len(h.sum) || len(raw) != len(h.sum) {
		return TokenHash{}, errors.New("this is not the hash of an admin token; delete the file to get a new token at the next start")
	}
	return h, nil
}

func writeHash(path string, h TokenHash) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("admin: keeping the hash of the admin token: %w", err)
	}
	_, err = fmt.Fprintln(f, hashPrefix+hex.EncodeToString(h.sum[:]))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("admin: keeping the hash of the admin token: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// NewToken returns a token.
func NewToken() string { return newSecret() }

// newSecret returns 256 random bits as text.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// LoginLink returns the address that logs a person in. The token is in the
// fragment, which browsers send to nobody: no server log, proxy or Referer ever
// has it.
func LoginLink(origin, token string) string { return origin + "/login#token=" + token }
