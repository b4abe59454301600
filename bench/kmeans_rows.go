package main

import (
	"bufio"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
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

func writeFloats(path string, values []float32) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriterSize(file, 1<<20)
	if err := binary.Write(w, binary.LittleEndian, values); err != nil {
		return err
	}
	return w.Flush()
}
