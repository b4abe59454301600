package main

import (
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/bench/limit"
	"github.com/headwater-dev/headwater/kernels/cpu"
	"github.com/headwater-dev/headwater/kernels/probe"
)

// limits are what the machine can do at most, as probed.
type limits struct {
	effort effort
	sizes  []int // bytes of the buffers read, ascending

	popcounts  map[cpu.Path]float64 // cell-rows a second
	operations map[cpu.Path]float64 // multiplications and additions of float32 a second
	compares   map[cpu.Path]float64 // bytes a second; none for plain Go
	reads      map[int]float64      // bytes of buffer → bytes a second, by the widest loads
	increments float64              // a second
}

// memoryBytes is the largest buffer read. Processors with larger caches exist;
// what the probes say of memory then is what the caches do.
const memoryBytes = 256 << 20

func newLimits(e effort, tiny bool) *limits {
	l := &limits{effort: e, popcounts: map[cpu.Path]float64{}, operations: map[cpu.Path]float64{}, compares: map[cpu.Path]float64{}, reads: map[int]float64{}}
	most := memoryBytes
	if tiny {
		most = 1 << 20
	}
	for size := 4 << 10; size <= most; size *= 4 {
		l.sizes = append(l.sizes, size)
	}
	l.probe()
	return l
}

// probe measures everything and keeps the best seen.
func (l *limits) probe() {
	paths := cpu.Supported()
	for _, p := range paths {
		const rounds = 1000
		took := l.effort.measure(func() { probe.Count(p, rounds) }).best()
		l.popcounts[p] = max(l.popcounts[p], float64(probe.Count(p, rounds))/took)
		took = l.effort.measure(func() { probe.MultiplyAdd(p, rounds) }).best()
		l.operations[p] = max(l.operations[p], float64(probe.MultiplyAdd(p, rounds))/took)
		if bytes, ok := limit.Compare(p, rounds); ok {
			took := l.effort.measure(func() { limit.Compare(p, rounds) }).best()
			l.compares[p] = max(l.compares[p], bytes/took)
		}
	}
	const times = 1000
	took := l.effort.measure(func() { limit.Increment(times) }).best()
	l.increments = max(l.increments, limit.Increment(times)/took)
	buffer := make([]byte, l.sizes[len(l.sizes)-1])
	for i := 0; i < len(buffer); i += 512 {
		buffer[i] = byte(i) // its own pages, not the one of zeros
	}
	for _, size := range l.sizes {
		took := l.effort.measure(func() { limit.Read(paths[len(paths)-1], buffer[:size]) }).best()
		l.reads[size] = max(l.reads[size], float64(size)/took)
	}
}

// fastest returns the highest rate of any path.
func fastest(rates map[cpu.Path]float64) float64 {
	most := 0.0
	for _, x := range rates {
		most = max(most, x)
	}
	return most
}

// readRate returns the rate of the smallest probed buffer that holds so many
// bytes; of the largest for more.
func (l *limits) readRate(footprint int) float64 {
	for _, size := range l.sizes {
		if footprint <= size {
			return l.reads[size]
		}
	}
	return l.reads[l.sizes[len(l.sizes)-1]]
}

// kernelFigure is one line of the result.
type kernelFigure struct {
	Kernel       string  `json:"kernel"`
	Shape        string  `json:"shape,omitempty"`
	Path         string  `json:"path"`
	Rows         int     `json:"rows"`
	CellRows     float64 `json:"g_cell_rows_per_s"`
	Bytes        float64 `json:"gb_per_s"`
	Operations   float64 `json:"gflop_per_s,omitempty"`
	OfLimit      float64 `json:"fraction_of_limit"`
	OfPath       float64 `json:"fraction_of_path_limit,omitempty"`
	Limit        string  `json:"limit"` // what holds the kernel back: popcount, compare, multiply-add, read, increment
	Spread       float64 `json:"spread"`
	SecondsACall float64 `json:"seconds_per_call"`
}

func (l *limits) figure(p cpu.Path, r kernelResult) kernelFigure {
	took := r.best()
	least, why := l.least(r, fastest(l.popcounts), fastest(l.compares), fastest(l.operations))
	leastOfPath, _ := l.least(r, l.popcounts[p], l.compares[p], l.operations[p])
	if r.Compares > 0 && l.compares[p] == 0 {
		leastOfPath = 0 // the path has no instruction to be held against
	}
	return kernelFigure{
		Kernel: r.Kernel, Shape: r.Shape, Path: p.String(), Rows: r.Rows,
		CellRows: r.CellRows / took / 1e9, Bytes: r.Bytes / took / 1e9, Operations: r.Operations / took / 1e9,
		OfLimit: least / took, OfPath: leastOfPath / took, Limit: why,
		Spread: r.spread(), SecondsACall: took,
	}
}

// least returns the seconds that a call takes at least, and why. A rate of 0
// is one that was not probed.
func (l *limits) least(r kernelResult, popcounts, compares, operations float64) (seconds float64, why string) {
	for _, need := range []struct {
		why          string
		amount, rate float64
	}{
		{"popcount", r.Popcounts, popcounts},
		{"compare", r.Compares, compares},
		{"multiply-add", r.Operations, operations},
		{"read", r.Bytes, l.readRate(r.Footprint)},
		{"increment", r.Increments, l.increments},
	} {
		if need.rate > 0 && need.amount/need.rate > seconds {
			seconds, why = need.amount/need.rate, need.why
		}
	}
	return seconds, why
}

// show prints the probes.
func (l *limits) show(w io.Writer, s *show) {
	var rows [][]string
	for _, p := range cpu.Supported() {
		rows = append(rows, []string{"AND + popcount + add, registers", p.String(), figure(l.popcounts[p] / 1e9), "G cell-rows/s"})
	}
	for _, p := range cpu.Supported() {
		rows = append(rows, []string{"multiply-add of float32, registers", p.String(), figure(l.operations[p] / 1e9), "Gflop/s"})
	}
	for _, p := range cpu.Supported() {
		if rate := l.compares[p]; rate > 0 {
			rows = append(rows, []string{"bytes compared, bits written", p.String(), figure(rate / 1e9), "G cell-rows/s"})
		}
	}
	rows = append(rows, []string{"increments of tables in L1", "", figure(l.increments / 1e9), "G/s"})
	widest := cpu.Supported()[len(cpu.Supported())-1].String()
	for _, size := range l.sizes {
		rows = append(rows, []string{"read of " + bytesText(size), widest, figure(l.reads[size] / 1e9), "GB/s"})
	}
	s.table(w, 2, []string{"probe", "path", "best", "unit"}, rows)
}

func bytesText(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%d KiB", n>>10)
	}
}

func showKernels(w io.Writer, s *show, figures []kernelFigure) {
	var rows [][]string
	for _, f := range figures {
		rows = append(rows, []string{
			f.Kernel, f.Shape, f.Path, count(f.Rows), figure(f.CellRows), figure(f.Bytes), figure(f.Operations),
			percent(f.OfLimit), percent(f.OfPath), f.Limit, percent(f.Spread),
		})
	}
	s.table(w, 3, []string{"kernel", "shape", "path", "rows", "G cell-rows/s", "GB/s", "Gflop/s", "of limit", "of path", "limit", "spread"}, rows)
}
