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

	"github.com/concors/concors/internal/unversioned"
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

// TokenFile returns where the hash of the admin token is kept for a document,
// unless somebody says otherwise: .concors.yaml.admin/token beside concors.yaml.
// It makes the folder, for its owner alone and out of Git. A file in the place
// of the folder is taken as it is.
func TokenFile(document string) (string, error) {
	folder := filepath.Join(filepath.Dir(document), "."+filepath.Base(document)+".admin")
	if info, err := os.Stat(folder); err == nil && info.Mode().IsRegular() {
		return folder, nil
	}
	if err := unversioned.Mkdir(folder, 0o700); err != nil {
		return "", fmt.Errorf("admin: making the folder for the admin token: %w", err)
	}
	return filepath.Join(folder, "token"), nil
}

// LinkFile returns where the link that logs in is kept for its reader, if it
// cannot be shown: beside the file that keeps the token's hash.
func LinkFile(tokenFile string) string { return tokenFile + ".link" }

// LoadToken reads the hash of the admin token from the file at path. If there
// is none, it makes a token, keeps its hash there, readable for the owner only,
// and returns the token: the one moment at which it is known. An empty file is
// as good as none: a crash or a full disk can leave one behind.
func LoadToken(path string) (hash TokenHash, created string, err error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return TokenHash{}, "", fmt.Errorf("admin: reading the hash of the admin token: %w", err)
	}
	if strings.Trim(string(text), "\x00 \t\r\n") != "" {
		hash, err = parseHash(string(text))
		if err != nil {
			return TokenHash{}, "", fmt.Errorf("admin: %s: %w", path, err)
		}
		return hash, "", nil
	}
	created = newSecret()
	hash = HashToken(created)
	if err := WritePrivate(path, hashPrefix+hex.EncodeToString(hash.sum[:])+"\n"); err != nil {
		return TokenHash{}, "", fmt.Errorf("admin: keeping the hash of the admin token: %w", err)
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

// WritePrivate writes a file that its owner alone can read. It is whole
// whenever it is there, and replaces what was at path.
func WritePrivate(path, text string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".writing-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = temp.WriteString(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
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
