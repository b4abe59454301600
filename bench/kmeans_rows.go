package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/parquet-go/parquet-go"
)

// draw makes rows around k centres that overlap: centres and rows are normal,
// with standard deviations of 0.4 and 1. Values are whole multiples of
// distanceUnit.
func (c *kmeansCase) draw() []float32 {
	r := rand.New(rand.NewPCG(uint64(c.rows), uint64(c.k)))
	centers := make([]float64, c.k*c.dense)
	for i := range centers {
		centers[i] = 0.4 * r.NormFloat64()
	}
	values := make([]float32, 0, c.rows*c.dense)
	for range c.rows {
		j := r.IntN(c.k)
		for f := range c.dense {
			values = append(values, float32(math.Round((centers[j*c.dense+f]+r.NormFloat64())/distanceUnit)*distanceUnit))
		}
	}
	return values
}

// axisName names columns so that their order is that of their names.
func axisName(f int) string { return fmt.Sprintf("x%04d", f) }

// create writes a file through a buffer.
func create(path string, write func(w *bufio.Writer) error) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	w := bufio.NewWriterSize(file, 1<<20)
	if err := write(w); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return w.Flush()
}

// writeFloats writes the rows as NumPy reads them.
func writeFloats(path string, values []float32) error {
	return create(path, func(w *bufio.Writer) error { return binary.Write(w, binary.LittleEndian, values) })
}

// writeAxes writes the rows as Parquet, a column for each feature.
func writeAxes(path string, values []float32, dense int) error {
	columns := parquet.Group{}
	for f := range dense {
		columns[axisName(f)] = parquet.Leaf(parquet.FloatType)
	}
	return create(path, func(w *bufio.Writer) error {
		out := parquet.NewGenericWriter[any](w, parquet.NewSchema("rows", columns), parquet.CreatedBy("headwater", "bench", "1"))
		// Row groups are what workers share out: an even number of equal ones.
		const atMost = 1 << 16
		rows := len(values) / dense
		groups := (rows + 2*atMost - 1) / (2 * atMost) * 2
		groupRows := (rows + groups - 1) / groups
		for left := values; len(left) > 0; left = left[min(groupRows*dense, len(left)):] {
			group := left[:min(groupRows*dense, len(left))]
			buffer := make([]parquet.Value, len(group)/dense)
			for f, column := range out.ColumnWriters() {
				for i := range buffer {
					buffer[i] = parquet.FloatValue(group[i*dense+f])
				}
				if _, err := column.WriteRowValues(buffer); err != nil {
					return err
				}
			}
			if err := out.Flush(); err != nil {
				return err
			}
		}
		return out.Close()
	})
}
