package export

import (
	"cmp"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// cellRow is a cell in cells.parquet. Lists by measure and by level are in the
// order of the model's plan; sums are sum_hi·2³² + sum_lo, squares
// squares_hi·2⁶⁴ + squares_lo, of the measures' integers.
type cellRow struct {
	Cell      string   `parquet:"cell"`
	Key       uint64   `parquet:"key"`
	KeyHigh   uint64   `parquet:"key_high"` // 0 where a crossing's keys have no high numbers
	N         int64    `parquet:"n"`
	Known     []int64  `parquet:"known,list"` // -1: on every row of the table
	SumHi     []int64  `parquet:"sum_hi,list"`
	SumLo     []int64  `parquet:"sum_lo,list"`
	SquaresHi []uint64 `parquet:"squares_hi,list"`
	SquaresLo []uint64 `parquet:"squares_lo,list"`
	Levels    []int64  `parquet:"levels,list"`

	Unseen cellSums `parquet:"unseen"` // those that did not form the segments
}

// cellSums are customers and sums of some of a cell's customers.
type cellSums struct {
	N         int64    `parquet:"n"`
	Known     []int64  `parquet:"known,list"`
	SumHi     []int64  `parquet:"sum_hi,list"`
	SumLo     []int64  `parquet:"sum_lo,list"`
	SquaresHi []uint64 `parquet:"squares_hi,list"`
	SquaresLo []uint64 `parquet:"squares_lo,list"`
}

// cellsPerWrite is how many cells are handed to the Parquet writer at once.
const cellsPerWrite = 256

// WriteCells writes the cells of a crossing as Parquet, in their order, and
// beside them their customers that did not form the segments, whose cells are
// some of them. The same cells give the same bytes.
func WriteCells(w io.Writer, features []encoder.Feature, crossed []int, cells, unseen *partial.Cells) error {
	out := parquet.NewGenericWriter[cellRow](w, parquet.CreatedBy("headwater", "1", "0"), parquet.Compression(&parquet.Zstd))
	rows := make([]cellRow, 0, cellsPerWrite)
	width, next := len(cells.Levels)/max(1, len(cells.Key)), 0
	var codes []uint64
	for _, f := range crossed {
		codes = append(codes, uint64(features[f].Codes()))
	}
	keys, fits := partial.NewCellKeys(codes, 0)
	if !fits {
		return fmt.Errorf("cells: %d features have more combinations than keys can number", len(crossed))
	}
	at := make([]uint8, len(crossed))
	for i := range cells.Key {
		high, low := cells.KeyAt(i)
		keys.Split(high, low, at)
		row := cellRow{Cell: cellName(features, crossed, at), Key: low, KeyHigh: high, N: cells.Counts.N[i], Levels: cells.Levels[i*width : (i+1)*width]}
		sums := sumsOf(cells, i)
		row.Known, row.SumHi, row.SumLo, row.SquaresHi, row.SquaresLo = sums.Known, sums.SumHi, sums.SumLo, sums.SquaresHi, sums.SquaresLo
		if next < len(unseen.Key) && cells.CompareKeys(i, unseen, next) == 0 {
			row.Unseen = sumsOf(unseen, next)
			next++
		}
		rows = append(rows, row)
		if len(rows) == cellsPerWrite || i+1 == len(cells.Key) {
			if _, err := out.Write(rows); err != nil {
				return fmt.Errorf("cells: %w", err)
			}
			rows = rows[:0]
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("cells: %w", err)
	}
	return nil
}

// sumsOf lists the sums of a cell by measure.
func sumsOf(cells *partial.Cells, i int) cellSums {
	row := cellSums{N: cells.Counts.N[i]}
	for m := range cells.Counts.Measures {
		a := &cells.Counts.Measures[m]
		known := int64(-1)
		if a.Known != nil {
			known = a.Known[i]
		}
		// However the sum came about, it is split in one way.
		row.Known = append(row.Known, known)
		row.SumHi, row.SumLo = append(row.SumHi, a.Sum.Hi[i]+a.Sum.Lo[i]>>32), append(row.SumLo, a.Sum.Lo[i]&0xffffffff)
		row.SquaresHi, row.SquaresLo = append(row.SquaresHi, cells.Squares[m].Hi[i]), append(row.SquaresLo, cells.Squares[m].Lo[i])
	}
	return row
}

// cellName names a cell like a group of its levels.
func cellName(features []encoder.Feature, crossed []int, codes []uint8) string {
	items := make([]wire.Item, len(features))
	for f := range items {
		items[f].Feature = -1
	}
	for j, f := range crossed {
		items[f] = wire.Item{Feature: f, Code: codes[j]}
	}
	var named []wire.Item
	for _, item := range items {
		if item.Feature >= 0 {
			named = append(named, item)
		}
	}
	return search.Name(features, named)
}

// ReadCells reads what WriteCells wrote.
func ReadCells(r io.ReaderAt, size int64) (cells, unseen *partial.Cells, err error) {
	rows, err := parquet.Read[cellRow](r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("cells: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("cells: there are none")
	}
	complete := make([]bool, len(rows[0].Known))
	for m, known := range rows[0].Known {
		complete[m] = known < 0
	}
	held := 0
	for i := range rows {
		if rows[i].Unseen.N != 0 {
			held++
		}
	}
	cells, unseen = makeCells(len(rows), complete), makeCells(held, complete)
	if rows[len(rows)-1].KeyHigh > 0 {
		cells.High, unseen.High = make([]uint64, len(rows)), make([]uint64, held)
	}
	at := 0
	for i := range rows {
		row := &rows[i]
		before := &rows[max(0, i-1)]
		if i > 0 && cmp.Or(cmp.Compare(row.KeyHigh, before.KeyHigh), cmp.Compare(row.Key, before.Key)) <= 0 ||
			len(row.Levels) != len(rows[0].Levels) || row.N < 1 || row.Unseen.N < 0 {
			return nil, nil, fmt.Errorf("cells: row %d is damaged or out of order", i+1)
		}
		cells.SetKey(i, row.KeyHigh, row.Key)
		cells.Levels = append(cells.Levels, row.Levels...)
		if err := enter(cells, i, &cellSums{row.N, row.Known, row.SumHi, row.SumLo, row.SquaresHi, row.SquaresLo}); err != nil {
			return nil, nil, fmt.Errorf("cells: row %d: %w", i+1, err)
		}
		if row.Unseen.N > 0 {
			unseen.SetKey(at, row.KeyHigh, row.Key)
			if err := enter(unseen, at, &row.Unseen); err != nil {
				return nil, nil, fmt.Errorf("cells: row %d, unseen customers: %w", i+1, err)
			}
			at++
		}
	}
	return cells, unseen, nil
}

// makeCells returns n cells without customers.
func makeCells(n int, complete []bool) *partial.Cells {
	out := &partial.Cells{Key: make([]uint64, n), Counts: partial.MakeCounts(n, complete)}
	for range complete {
		out.Squares = append(out.Squares, partial.MakeSquares(n))
	}
	return out
}

// enter fills in the i-th cell.
func enter(to *partial.Cells, i int, from *cellSums) error {
	measures := len(to.Counts.Measures)
	for _, n := range []int{len(from.Known), len(from.SumHi), len(from.SumLo), len(from.SquaresHi), len(from.SquaresLo)} {
		if n != measures {
			return fmt.Errorf("it has figures of %d measures, the first row of %d", n, measures)
		}
	}
	to.Counts.N[i] = from.N
	for m, known := range from.Known {
		a := &to.Counts.Measures[m]
		if a.Known != nil {
			a.Known[i] = known
		}
		a.Sum.Hi[i], a.Sum.Lo[i] = from.SumHi[m], from.SumLo[m]
		to.Squares[m].Hi[i], to.Squares[m].Lo[i] = from.SquaresHi[m], from.SquaresLo[m]
	}
	return nil
}
