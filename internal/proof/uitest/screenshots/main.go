// Command screenshots writes a picture of every state of every page, so that
// people can look: go run ./internal/proof/uitest/screenshots DIR [NAME...]
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"

	"github.com/concors/concors/internal/proof/uitest"
)

// screens are the sizes that every state is drawn at.
var screens = []struct {
	name          string
	width, height int64
	dark          bool
}{
	{"360", 360, 740, false},
	{"1280", 1280, 800, false},
	{"1280-dark", 1280, 800, true},
	{"2560", 2560, 1440, false},
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: screenshots DIR [NAME...]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string, names []string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	browser, end, err := uitest.NewBrowser(context.Background())
	if err != nil {
		return err
	}
	defer end()
	var errs []error
	for _, state := range uitest.States() {
		if len(names) > 0 && !slices.Contains(names, state.Name) {
			continue
		}
		errs = append(errs, draw(browser, folder, state))
	}
	return errors.Join(errs...)
}

// draw opens a state once and draws it at every size.
func draw(browser context.Context, folder string, state uitest.State) error {
	_, tab, cancel, err := state.Open(browser, nil)
	if err != nil {
		return err
	}
	defer cancel()
	for _, screen := range screens {
		picture, err := shoot(tab, screen.width, screen.height, screen.dark)
		if err != nil {
			return fmt.Errorf("%s at %s: %w", state.Name, screen.name, err)
		}
		name := filepath.Join(folder, state.Name+"-"+screen.name+".png")
		if err := os.WriteFile(name, picture, 0o644); err != nil {
			return err
		}
		fmt.Println(name)
	}
	return nil
}

// shoot draws a whole page. The window is made as high as the page, so that
// what sticks to its edges stands where it belongs.
func shoot(tab context.Context, width, height int64, dark bool) ([]byte, error) {
	if err := chromedp.Do(tab, uitest.Screen(width, height, dark)); err != nil {
		return nil, err
	}
	page, err := chromedp.Run(tab, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
	if err != nil {
		return nil, err
	}
	if err := chromedp.Do(tab, uitest.Screen(width, max(height, page), dark)); err != nil {
		return nil, err
	}
	return chromedp.Run(tab, chromedp.CaptureScreenshot())
}
