package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/headwater-dev/headwater/coordinator/engine"
)

// progress shows the running stage on a terminal: rows done, rate and ETA.
// Elsewhere (a file, a pipe) it prints notices only.
type progress struct {
	w           io.Writer
	interactive bool

	mu    sync.Mutex
	stage string
	bar   *progressbar.ProgressBar
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, interactive: ok && term.IsTerminal(int(f.Fd()))}
}

// update shows how far the stage is.
func (p *progress) update(now engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.interactive {
		return
	}
	if now.Stage != p.stage || p.bar == nil {
		p.clear()
		p.stage = now.Stage
		p.bar = progressbar.NewOptions64(max(now.Total, 1),
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(fmt.Sprintf("%-9s", now.Stage)),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("rows"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)
	}
	// The bar finishes, and clears itself, when it is set to its maximum.
	_ = p.bar.Set64(min(now.Done, max(now.Total, 1)))
}

// notice prints a line above the bar.
func (p *progress) notice(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.w, line)
}

// done removes the bar.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
