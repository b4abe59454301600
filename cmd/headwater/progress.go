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
	stage string // of the job
	op    string // being shown
	bar   *progressbar.ProgressBar
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, interactive: ok && term.IsTerminal(int(f.Fd()))}
}

// begin names the stage that begins.
func (p *progress) begin(stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.stage = stage
}

// update shows how far the running op is.
func (p *progress) update(now engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.interactive {
		return
	}
	total := max(now.Total, 1)
	if now.Stage != p.op || p.bar == nil {
		p.clear()
		p.op = now.Stage
		name := p.stage
		if name != now.Stage {
			name += " · " + now.Stage
		}
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(fmt.Sprintf("%-24s", name)),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("rows"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = p.bar.Set64(min(now.Done, total)) // it only fails to write to the terminal
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
		_ = p.bar.Clear() // likewise
		p.bar = nil
	}
}
