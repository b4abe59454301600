package export

import (
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
	N         int64    `parquet:"n"`
	Known     []int64  `parquet:"known,list"` // -1: on every row of the table
	SumHi     []int64  `parquet:"sum_hi,list"`
	SumLo     []int64  `parquet:"sum_lo,list"`
	SquaresHi []uint64 `parquet:"squares_hi,list"`
	SquaresLo []uint64 `parquet:"squares_lo,list"`
	Levels    []int64  `parquet:"levels,list"`
}

// cellsPerWrite is how many cells are handed to the Parquet writer at once.
const cellsPerWrite = 256

// WriteCells writes the cells of a crossing as Parquet, in their order. The
// same cells give the same bytes.
func WriteCells(w io.Writer, features []encoder.Feature, crossed []int, cells *partial.Cells) error {
	out := parquet.NewGenericWriter[cellRow](w, parquet.CreatedBy("headwater", "1", "0"), parquet.Compression(&parquet.Zstd))
	rows := make([]cellRow, 0, cellsPerWrite)
	width := len(cells.Levels) / max(1, len(cells.Key))
	for i, key := range cells.Key {
		row := cellRow{Cell: cellName(features, crossed, key), Key: key, N: cells.Counts.N[i], Levels: cells.Levels[i*width : (i+1)*width]}
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

// cellName names a cell like a group of its levels.
func cellName(features []encoder.Feature, crossed []int, key uint64) string {
	items := make([]wire.Item, len(features))
	for f := range items {
		items[f].Feature = -1
	}
	for j := len(crossed) - 1; j >= 0; j-- {
		codes := uint64(features[crossed[j]].Codes())
		items[crossed[j]] = wire.Item{Feature: crossed[j], Code: uint8(key % codes)}
		key /= codes
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
func ReadCells(r io.ReaderAt, size int64) (*partial.Cells, error) {
	rows, err := parquet.Read[cellRow](r, size)
	if err != nil {
		return nil, fmt.Errorf("cells: %w", err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("cells: there are none")
	}
	complete := make([]bool, len(rows[0].Known))
	for m, known := range rows[0].Known {
		complete[m] = known < 0
	}
	out := &partial.Cells{Counts: partial.MakeCounts(len(rows), complete)}
	for range complete {
		out.Squares = append(out.Squares, partial.MakeSquares(len(rows)))
	}
	for i := range rows {
		row := &rows[i]
		if i > 0 && row.Key <= rows[i-1].Key || len(row.Levels) != len(rows[0].Levels) || row.N < 1 {
			return nil, fmt.Errorf("cells: row %d is damaged or out of order", i+1)
		}
		for _, n := range []int{len(row.Known), len(row.SumHi), len(row.SumLo), len(row.SquaresHi), len(row.SquaresLo)} {
			if n != len(complete) {
				return nil, fmt.Errorf("cells: row %d has figures of %d measures, the first of %d", i+1, n, len(complete))
			}
		}
		out.Key, out.Levels = append(out.Key, row.Key), append(out.Levels, row.Levels...)
		out.Counts.N[i] = row.N
		for m, known := range row.Known {
			if a := &out.Counts.Measures[m]; a.Known != nil {
				a.Known[i] = known
			}
			out.Counts.Measures[m].Sum.Hi[i], out.Counts.Measures[m].Sum.Lo[i] = row.SumHi[m], row.SumLo[m]
			out.Squares[m].Hi[i], out.Squares[m].Lo[i] = row.SquaresHi[m], row.SquaresLo[m]
		}
	}
	return out, nil
}
