package uitest

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// axeVersion is the version of axe-core that pages are checked with.
const axeVersion = "4.14.1"

// axeScript is axe-core, which npm fetches once and keeps in the user's cache.
var axeScript = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "concors-uitest")
	archive := filepath.Join(folder, "axe-core-"+axeVersion+".tgz")
	if _, err := os.Stat(archive); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
		npm := exec.Command("npm", "pack", "--silent", "axe-core@"+axeVersion)
		npm.Dir = folder
		if out, err := npm.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm pack: %w: %s", err, out)
		}
	}
	f, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if err != nil {
			return "", fmt.Errorf("%s: axe.min.js: %w", archive, err)
		}
		if head.Name == "package/axe.min.js" {
			text, err := io.ReadAll(files)
			return string(text), err
		}
	}
})

// A Violation is what axe-core finds wrong with a page.
type Violation struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		FailureSummary string
	}
}

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&b, "\n\t%.300s\n\t%s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n\t"))
	}
	return b.String()
}

// Axe checks the page in the tab: WCAG 2.2 AA and what axe-core calls best
// practice.
func Axe(tab context.Context) ([]Violation, error) {
	script, err := axeScript()
	if err != nil {
		return nil, err
	}
	if err := chromedp.Do(tab, Run(script+";undefined")); err != nil {
		return nil, err
	}
	const check = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
		.then(r => JSON.stringify(r.violations))`
	found, err := chromedp.Run(tab, chromedp.Evaluate[string](check, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	var list []Violation
	return list, json.Unmarshal([]byte(found), &list)
}
