package encoder

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/source"
)

// Coordinate is a numeric column as one axis of the space that rows are
// clustered in. A number x lies at the whole number (x − Centre)/Unit, rounded,
// at most MaxPlace from 0; a missing one, NaN and ±Inf lie at 0. So sums of
// places are exact.
type Coordinate struct {
	Name   string  `json:"name"`   // as shown, unique among the coordinates
	Column string  `json:"column"` // of the source
	Centre float64 `json:"centre"`
	Unit   float64 `json:"unit"`   // above 0
	Weight float64 `json:"weight"` // above 0: what a squared difference of one unit counts
}

// MaxPlace bounds places: float32 holds all whole numbers up to it.
const MaxPlace = 1 << 24

// Value returns the number at a place, which need not be whole.
func (c *Coordinate) Value(place float64) float64 { return c.Centre + float64(place*c.Unit) }

// ruler turns one column into places on one coordinate.
type ruler struct {
	coordinate *Coordinate
	column     int // index into the encoder's columns
	scale      int32
	known      map[string]float32
	dict       perDictionary[float32]
}

func newRuler(c *Coordinate, column source.Column, at int, nulls []string) (*ruler, error) {
	switch {
	case column.Type == source.Date || column.Type == source.Timestamp:
		return nil, fmt.Errorf("column %q is a %s, not a number", c.Column, column.Type)
	case !(c.Unit > 0) || math.IsInf(c.Unit, 0) || math.IsNaN(c.Centre) || math.IsInf(c.Centre, 0):
		return nil, fmt.Errorf("coordinate %q: centre %v and unit %v must be numbers, the unit above 0", c.Name, c.Centre, c.Unit)
	}
	r := &ruler{coordinate: c, column: at, scale: column.Scale, known: map[string]float32{}}
	for _, s := range nulls {
		r.known[s] = 0
	}
	return r, nil
}

// place returns where a number lies.
func (r *ruler) place(x float64) float32 {
	if !(math.Abs(x) <= math.MaxFloat64) {
		return 0
	}
	return float32(min(max(math.Round((x-r.coordinate.Centre)/r.coordinate.Unit), -MaxPlace), MaxPlace))
}

func (r *ruler) text(s string) float32 {
	if place, ok := r.known[s]; ok {
		return place
	}
	var place float32
	if x, ok := ParseNumber(s); ok {
		place = r.place(x)
	}
	if len(r.known) < knownTexts {
		r.known[strings.Clone(s)] = place
	}
	return place
}

// read writes the places of a's values to dst, which has its length.
func (r *ruler) read(dst []float32, a arrow.Array) error {
	switch a := a.(type) {
	case *array.Dictionary:
		return r.readDictionary(dst, a)
	case *array.String:
		for i := range dst {
			dst[i] = r.text(a.Value(i))
		}
	case *array.Int64:
		for i, v := range a.Int64Values() {
			dst[i] = r.place(float64(v))
		}
	case *array.Float64:
		for i, v := range a.Float64Values() {
			dst[i] = r.place(v)
		}
	case *array.Boolean:
		for i := range dst {
			dst[i] = r.place(float64(flag(a.Value(i))))
		}
	case *array.Decimal128:
		for i, v := range a.Values() {
			dst[i] = r.place(decimalNumber(v, r.scale))
		}
	default:
		return fmt.Errorf("column %q: batches of %s are not numbers", r.coordinate.Column, a.DataType())
	}
	if a.NullN() > 0 {
		for i := range dst {
			if a.IsNull(i) {
				dst[i] = 0
			}
		}
	}
	return nil
}

func (r *ruler) readDictionary(dst []float32, a *array.Dictionary) error {
	places, err := r.dict.entries(a.Dictionary(), func(entry []float32) error { return r.read(entry, a.Dictionary()) })
	if err != nil {
		return err
	}
	lookUp(dst, places, a)
	return nil
}
