package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"
)

const defaultSplitSize = 32 << 20 // a tenth of a second of reading, well above the cost of opening a split

// recordStarts cuts the records of a CSV text in [start, size) into ranges of
// about splitSize bytes and returns where each begins. A line end separates
// records only outside quotes, and it is outside when the number of quotes
// before it is even: so the quotes of all ranges are counted in parallel, at
// memory speed, and the first record of a range is then found from its edge.
func recordStarts(ctx context.Context, src io.ReaderAt, start, size, splitSize int64, d *Dialect) ([]int64, error) {
	starts := []int64{start}
	n := (size - start + splitSize - 1) / splitSize
	if n <= 1 {
		return starts, nil
	}
	odd := make([]bool, n)
	if d.Quote != "" {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i := range n {
			group.Go(func() error {
				from := start + i*splitSize
				count, err := countByte(ctx, src, from, min(from+splitSize, size), d.Quote[0])
				odd[i] = count%2 == 1
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
	}
	inside := false
	for i := int64(1); i < n; i++ {
		inside = inside != odd[i-1]
		edge := start + i*splitSize
		if edge <= starts[len(starts)-1] {
			continue // a record longer than a range
		}
		at, err := nextRecord(ctx, src, edge, size, inside, d)
		if err != nil {
			return nil, err
		}
		if at < size && at > starts[len(starts)-1] {
			starts = append(starts, at)
		}
	}
	return starts, nil
}

// nextRecord returns where the first record that begins at or after edge
// begins. inside says whether edge lies inside quotes.
func nextRecord(ctx context.Context, src io.ReaderAt, edge, size int64, inside bool, d *Dialect) (int64, error) {
	var last [1]byte
	if _, err := src.ReadAt(last[:], edge-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' && !inside {
		return edge, nil
	}
	quote := -1
	if d.Quote != "" {
		quote = int(d.Quote[0])
	}
	found := int64(-1)
	err := eachBlock(ctx, src, edge, size, func(at int64, block []byte) bool {
		for i, c := range block {
			switch {
			case int(c) == quote:
				inside = !inside
			case c == '\n' && !inside:
				found = at + int64(i) + 1
				return false
			}
		}
		return true
	})
	if found < 0 {
		found = size
	}
	return found, err
}

// countByte counts a byte in [from, to).
func countByte(ctx context.Context, src io.ReaderAt, from, to int64, b byte) (count int64, err error) {
	err = eachBlock(ctx, src, from, to, func(_ int64, block []byte) bool {
		count += int64(bytes.Count(block, []byte{b}))
		return true
	})
	return count, err
}

// eachBlock calls do for the bytes of [from, to), block by block, until it
// returns false.
func eachBlock(ctx context.Context, src io.ReaderAt, from, to int64, do func(at int64, block []byte) bool) error {
	buf := make([]byte, min(windowBytes, max(to-from, 0)))
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := buf[:min(int64(len(buf)), to-from)]
		if n, err := src.ReadAt(block, from); n < len(block) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("at byte %d: %w", from+int64(n), err)
		}
		if !do(from, block) {
			return nil
		}
		from += int64(len(block))
	}
	return nil
}
