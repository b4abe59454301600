package main

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headwater-dev/headwater/kernels/distance"
)

// lloyd runs k-means in this process: the kernels over blocks of rows, on so
// many threads, and the next centres from the exact sums.
type lloyd struct {
	space   *distance.Space
	blocks  []*distance.Rows
	fits    []*distance.Fit
	k       int
	centers []float64 // k × dense
	threads int
}

// lloydBlock is the rows of a block.
const lloydBlock = blockRows

// newLloyd takes rows of standardised values, row by row, and the first of them
// as centres.
func newLloyd(values []float32, dense, k, threads int) (*lloyd, error) {
	l := &lloyd{space: &distance.Space{}, k: k, threads: threads}
	for range dense {
		l.space.Weights = append(l.space.Weights, distanceUnit*distanceUnit)
	}
	rows := len(values) / dense
	l.blocks = make([]*distance.Rows, (rows+lloydBlock-1)/lloydBlock)
	l.fits = make([]*distance.Fit, len(l.blocks))
	errs := make([]error, len(l.blocks))
	l.each(func(b int) {
		from := b * lloydBlock
		n := min(lloydBlock, rows-from)
		r := l.space.NewRows(n)
		column := make([]int32, n)
		for f := range dense {
			for i := range column {
				column[i] = int32(values[(from+i)*dense+f] / distanceUnit)
			}
			r.Set(f, 0, column)
		}
		errs[b] = l.space.Check(r)
		l.blocks[b] = r
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	for j := range k {
		for f := range dense {
			l.centers = append(l.centers, float64(values[j*dense+f])/distanceUnit)
		}
	}
	for b, r := range l.blocks {
		l.fits[b] = l.space.NewFit(r)
	}
	return l, nil
}

// each runs do for every block, on all threads.
func (l *lloyd) each(do func(block int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range l.threads {
		all.Go(func() {
			for b := int(next.Add(1) - 1); b < len(l.blocks); b = int(next.Add(1) - 1) {
				do(b)
			}
		})
	}
	all.Wait()
}

// step is one iteration: it returns how many rows changed their centre, and the
// sums from which the next centres were made.
func (l *lloyd) step() (changed int, sums distance.Sums, err error) {
	c, err := l.space.NewCentroids(l.k, l.centers, nil)
	if err != nil {
		return 0, sums, err
	}
	moved := make([]int, len(l.blocks))
	l.each(func(b int) { moved[b] = l.fits[b].Step(c) })
	sums = l.space.NewSums(l.k)
	for b, f := range l.fits {
		changed += moved[b]
		sums.Add(f.Sums)
	}
	d := len(l.space.Weights)
	l.centers = make([]float64, l.k*d)
	for j, n := range sums.Counts {
		if n == 0 {
			return 0, sums, fmt.Errorf("centre %d lost all its rows: engines differ in what follows", j)
		}
		for f := range d {
			l.centers[j*d+f] = float64(sums.Dense[j*d+f]) / float64(n)
		}
	}
	return changed, sums, nil
}

// scoreAll returns the seconds that scoring every row once takes, on all
// threads, without bounds and sums.
func (l *lloyd) scoreAll() (float64, error) {
	c, err := l.space.NewCentroids(l.k, l.centers, nil)
	if err != nil {
		return 0, err
	}
	nearest := make([][]uint16, len(l.blocks))
	for b, r := range l.blocks {
		nearest[b] = make([]uint16, r.N)
	}
	begin := time.Now()
	l.each(func(b int) { c.Nearest(nearest[b], l.blocks[b]) })
	return time.Since(begin).Seconds(), nil
}

// inertia is that of a step's clusters around the centres of that step.
func (l *lloyd) inertia(centers []float64, sums distance.Sums) (inertia float64) {
	d := len(l.space.Weights)
	squares := make([]distance.Square, d)
	for _, r := range l.blocks {
		for f, s := range r.Squares() {
			squares[f].Add(s)
		}
	}
	for f, w := range l.space.Weights {
		x := math.Ldexp(float64(squares[f].Hi), 64) + float64(squares[f].Lo)
		for j, n := range sums.Counts {
			c := centers[j*d+f]
			x += c * (float64(n)*c - 2*float64(sums.Dense[j*d+f]))
		}
		inertia += w * x
	}
	return inertia
}
