package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"github.com/headwater-dev/headwater/worker/source/synthetic"
)

// generated describes a table made for a measurement: features f01, f02, …
// whose levels are whole numbers, evenly spread, and two metrics: y, 1 for one
// row in nine (more on the first levels of f01 and f02), and amount, an even
// draw from 0 … 9999. No value is missing. Equal settings make equal tables.
type generated struct {
	Rows     int64
	Features int
	Least    int // levels of the first feature; the next has one more, up to Most, then Least again
	Most     int
}

const (
	yesNo   = "y"
	amounts = "amount"
)

func (g generated) levels(feature int) int { return g.Least + feature%(g.Most-g.Least+1) }

func (g generated) name(feature int) string { return fmt.Sprintf("f%02d", feature+1) }

// cells returns how many combinations of levels of 1 to order features there are.
func (g generated) cells(order int) float64 {
	by := make([]float64, order+1) // elementary symmetric polynomials of the levels
	by[0] = 1
	for f := range g.Features {
		for k := order; k > 0; k-- {
			by[k] += by[k-1] * float64(g.levels(f))
		}
	}
	sum := 0.0
	for _, n := range by[1:] {
		sum += n
	}
	return sum
}

// rowsPerGroup is the size of a Parquet row group: some 40 of them in ten
// million rows, which both engines read in parallel.
const rowsPerGroup = 1 << 18

// write makes the table as a Parquet file (zstd, dictionaries) in a folder and
// returns its path. About 10 ns a value and core.
func (g generated) write(ctx context.Context, folder string) (path string, err error) {
	path = filepath.Join(folder, fmt.Sprintf("%d-%d-%d-%d.parquet", g.Rows, g.Features, g.Least, g.Most))
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	buffer := bufio.NewWriterSize(file, 1<<20)
	out := parquet.NewGenericWriter[any](buffer, g.schema(), parquet.Compression(&parquet.Zstd), parquet.CreatedBy("headwater", "bench", "1"))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	groups := (g.Rows + rowsPerGroup - 1) / rowsPerGroup
	turn := make([]chan struct{}, groups+1) // closed once the row groups before are in the file
	for i := range turn {
		turn[i] = make(chan struct{})
	}
	close(turn[0])
	for i := range groups {
		group := out.BeginRowGroup()
		tasks.Go(func() error {
			if err := g.fill(ctx, group.ColumnWriters(), i); err != nil {
				return err
			}
			if err := group.Flush(); err != nil {
				return err
			}
			select {
			case <-turn[i]:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			_, err := group.Commit()
			close(turn[i+1])
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if err := out.Close(); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, buffer.Flush()
}

// schema names its columns in the order of their names.
func (g generated) schema() *parquet.Schema {
	columns := parquet.Group{
		yesNo:   parquet.Encoded(parquet.Uint(8), &parquet.RLEDictionary),
		amounts: parquet.Encoded(parquet.Int(32), &parquet.RLEDictionary),
	}
	for f := range g.Features {
		columns[g.name(f)] = parquet.Encoded(parquet.Uint(8), &parquet.RLEDictionary)
	}
	return parquet.NewSchema("generated", columns)
}

// fill writes row group i. Columns stand in the order of their names: amount,
// features, y.
func (g generated) fill(ctx context.Context, columns []*parquet.ColumnWriter, i int64) error {
	const chunk = 4096
	r, row := g.random(i), make([]int32, len(columns))
	values := make([][]parquet.Value, len(columns))
	for left := min(rowsPerGroup, g.Rows-i*rowsPerGroup); left > 0; left -= chunk {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		for c := range values {
			values[c] = values[c][:0]
		}
		for range min(chunk, left) {
			g.draw(r, row)
			for c, v := range row {
				values[c] = append(values[c], parquet.Int32Value(v))
			}
		}
		for c, w := range columns {
			if _, err := w.WriteRowValues(values[c]); err != nil {
				return err
			}
		}
	}
	return nil
}

// random draws the rows of row group i.
func (g generated) random(i int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), 4)) }

// draw makes the next row: amount, features, y.
func (g generated) draw(r *rand.Rand, row []int32) {
	odds := uint32(7)
	for f := range g.Features {
		level := r.Uint32N(uint32(g.levels(f)))
		if f < 2 && level == 0 {
			odds *= 2
		}
		row[f+1] = int32(level)
	}
	row[g.Features+1] = 0
	if r.Uint32N(100) < odds {
		row[g.Features+1] = 1
	}
	row[0] = r.Int32N(10_000)
}

func (g generated) validate() error {
	switch {
	case g.Rows < 1:
		return usage("--rows %d: at least one row", g.Rows)
	case g.Features < 1 || g.Features > 99:
		return usage("--features %d: from 1 to 99", g.Features)
	case g.Least < 2 || g.Most < g.Least || g.Most > 20:
		return usage("--levels %d-%d: from 2 to 20 levels, the fewest first", g.Least, g.Most)
	}
	return nil
}

// parseTable reads what flags say of a table: rows as in "10m", levels as in
// "3-12".
func parseTable(rows string, features int, levels string) (generated, error) {
	n, err := synthetic.ParseRows(rows)
	if err != nil {
		return generated{}, &usageError{err}
	}
	least, most, err := parseLevels(levels)
	if err != nil {
		return generated{}, err
	}
	g := generated{n, features, least, most}
	return g, g.validate()
}

// parseLevels reads "3-12" or "8".
func parseLevels(s string) (least, most int, err error) {
	low, high, found := strings.Cut(s, "-")
	if !found {
		high = low
	}
	least, err1 := strconv.Atoi(low)
	most, err2 := strconv.Atoi(high)
	if err1 != nil || err2 != nil {
		return 0, 0, usage("--levels %q: write a number of levels, or the fewest and the most, like 3-12", s)
	}
	return least, most, nil
}
