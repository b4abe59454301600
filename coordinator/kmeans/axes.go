package kmeans

import (
	"context"
	"math"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

var english = message.NewPrinter(language.English)

// Axis is a numeric column on the way to a coordinate.
type Axis struct {
	Column   string  `json:"column"`
	Mean     float64 `json:"mean"`
	SD       float64 `json:"sd"` // over all rows with a value
	Median   float64 `json:"median,omitempty"`
	IQR      float64 `json:"iqr,omitempty"`
	Missing  int64   `json:"missing,omitempty"`  // rows without a value, NaN included
	Infinite int64   `json:"infinite,omitempty"` // rows with ±Inf, which count as missing
	Exact    bool    `json:"exact"`              // values are kept as they are; else rounded to 1/2²⁴ of their range

	rows     int64
	min, max float64
	decimals int
}

// Passes are passes over the source, for columns with more values than the
// profile counts exactly.
type Passes struct {
	Places func(ctx context.Context, p wire.PlacesParams) (*partial.Places, error)
	Refine func(ctx context.Context, p partial.RefineParams) (*partial.Refinement, error)
}

// Axes lays out the coordinates of numeric columns: mean and spread from all
// rows. Columns without any spread are left out, and notes say so.
func Axes(ctx context.Context, columns []*partial.Column, c *Config, passes Passes) (axes []Axis, coordinates []encoder.Coordinate, notes []string, err error) {
	say := func(format string, args ...any) { notes = append(notes, english.Sprintf(format, args...)) }
	var many []int // columns that need a pass
	for _, column := range columns {
		a, counted := newAxis(column)
		if !counted {
			many = append(many, len(axes))
		}
		axes = append(axes, a)
	}
	if err := measureMany(ctx, axes, many, passes); err != nil {
		return nil, nil, nil, err
	}
	if c.Scaling == Robust {
		if err := quartiles(ctx, columns, axes, many, passes); err != nil {
			return nil, nil, nil, err
		}
	}
	kept := axes[:0]
	for _, a := range axes {
		if a.SD == 0 {
			say("%s is left out: every value is the same", a.Column)
			continue
		}
		if gone := a.Missing + a.Infinite; gone > 0 {
			infinite := ""
			if a.Infinite > 0 {
				infinite = english.Sprintf(", %d of them ±infinity", a.Infinite)
			}
			say("%s is not known for %d customers (%.1f %%%s): the mean is taken for them", a.Column, gone, 100*float64(gone)/float64(a.rows), infinite)
		}
		scale, centre := a.SD, a.Mean
		switch c.Scaling {
		case None:
			scale = 1
		case Robust:
			centre = a.Median
			if scale = a.IQR / normalIQR; scale == 0 {
				scale = a.SD
				say("%s: half of the customers or more have the same value, so that the standard deviation scales it and not the quartiles", a.Column)
			}
		}
		weight := 1.0
		if w, ok := c.Weights[a.Column]; ok {
			weight = w
		}
		coordinates = append(coordinates, a.coordinate(centre, scale, weight))
		kept = append(kept, a)
	}
	return kept, coordinates, notes, nil
}

// normalIQR is the interquartile range of the standard normal distribution.
const normalIQR = 1.3489795003921634

// newAxis reads a column's profile; counted is false where it does not hold
// every value.
func newAxis(c *partial.Column) (a Axis, counted bool) {
	inf := c.Infer()
	a = Axis{Column: c.Name, rows: c.Rows, min: inf.Min, max: inf.Max, decimals: inf.Decimals, Infinite: inf.Infinite}
	known := c.Known() - inf.Infinite
	if c.NaN == 0 {
		known -= inf.NaN // a text
	}
	a.Missing = c.Rows - known - inf.Infinite
	values, counted := c.Numbers()
	if !counted || known == 0 {
		return a, counted
	}
	values = slices.DeleteFunc(values, func(v partial.ValueCount) bool { return math.IsInf(v.Value, 0) })
	sum := 0.0
	for _, v := range values {
		sum += float64(v.Value * float64(v.N))
	}
	a.Mean = sum / float64(known)
	squares := 0.0
	for _, v := range values {
		d := v.Value - a.Mean
		squares += float64(float64(d*d) * float64(v.N))
	}
	a.SD = math.Sqrt(squares / float64(known))
	if len(values) < 2 {
		a.SD = 0 // whatever the mean was rounded to
	}
	a.Median = quantile(values, known, 2)
	a.IQR = quantile(values, known, 3) - quantile(values, known, 1)
	return a, true
}

// quantile returns the k-th quartile: the value that the rank k/4 falls on.
func quantile(values []partial.ValueCount, n, k int64) float64 {
	var below int64
	for _, v := range values {
		if below += v.N; 4*below >= k*n {
			return v.Value
		}
	}
	return math.NaN()
}

// known returns the rows with a value.
func (a *Axis) known() int64 { return a.rows - a.Missing - a.Infinite }

// measureMany finds mean and spread of columns of many values in a pass over
// the source: their places on a provisional coordinate are summed.
func measureMany(ctx context.Context, axes []Axis, many []int, passes Passes) error {
	if len(many) == 0 {
		return nil
	}
	var p wire.PlacesParams
	for _, i := range many {
		middle := axes[i].min/2 + axes[i].max/2
		p.Plan.Coordinates = append(p.Plan.Coordinates, axes[i].coordinate(middle, 1, 1))
	}
	sums, err := passes.Places(ctx, p)
	if err != nil {
		return err
	}
	for at, i := range many {
		a, c := &axes[i], &p.Plan.Coordinates[at]
		n := float64(a.known())
		mean := float64(sums.Sum[at]) / n // missing values add 0
		squares, _ := sums.Squares.Big(at).Float64()
		a.Mean = c.Value(mean)
		a.SD = c.Unit * math.Sqrt(max(0, squares/n-float64(mean*mean)))
	}
	return nil
}

// coordinate lays out an axis. Where the values are decimals of which the range
// fits, places are the values themselves, counted in their last digit from the
// one nearest to the centre. Else the unit is a power of two, the finest that
// the range allows; so it is where values are missing, as these lie exactly at
// the centre.
func (a *Axis) coordinate(centre, scale, weight float64) encoder.Coordinate {
	c := encoder.Coordinate{Name: a.Column, Column: a.Column}
	if a.decimals <= partial.MaxDecimals && a.known() == a.rows {
		power := math.Pow10(a.decimals)
		c.Unit = 1 / power
		c.Centre = math.Round(centre*power) / power
		a.Exact = max(a.max-c.Centre, c.Centre-a.min)/c.Unit < encoder.MaxPlace
	}
	if !a.Exact {
		c.Centre = centre
		most := max(a.max-centre, centre-a.min)
		_, exponent := math.Frexp(most / encoder.MaxPlace) // below 2^exponent
		c.Unit = math.Ldexp(1, exponent)
	}
	unit := c.Unit / scale
	c.Weight = float64(weight * float64(unit*unit))
	return c
}

// quartileRounds and quartileCuts: each round of cuts narrows a quartile down
// 255-fold, from one of the profile's bins, which are 0.4 % of a value wide.
const (
	quartileRounds = 2
	quartileCuts   = 255
)

// quartiles finds the quartiles of columns of many values.
func quartiles(ctx context.Context, columns []*partial.Column, axes []Axis, many []int, passes Passes) error {
	type bounds struct{ low, high float64 }
	found := make([][3]bounds, len(many))
	for at, i := range many {
		for q := range found[at] {
			low, high := binOf(columns[i].Sketch.Numbers, axes[i].known(), int64(q+1))
			found[at][q] = bounds{low, high}
		}
	}
	for range quartileRounds {
		var ask partial.RefineParams
		for at, i := range many {
			var cuts []float64
			for _, b := range found[at] {
				for k := range quartileCuts {
					cuts = append(cuts, b.low+float64((b.high-b.low)*(float64(k+1)/(quartileCuts+1))))
				}
			}
			slices.Sort(cuts)
			ask.Columns = append(ask.Columns, partial.RefineColumn{Column: columns[i].Name, Cuts: slices.Compact(cuts)})
		}
		if len(ask.Columns) == 0 {
			return nil
		}
		answer, err := passes.Refine(ctx, ask)
		if err != nil {
			return err
		}
		for at, i := range many {
			below := answer.Columns[at]
			for q := range found[at] {
				b := &found[at][q]
				for k, cut := range below.Cuts {
					if 4*(below.Below[k]-infinitesBelow(columns[i])) < int64(q+1)*axes[i].known() {
						b.low = max(b.low, cut)
					} else {
						b.high = min(b.high, cut)
					}
				}
			}
		}
	}
	for at, i := range many {
		axes[i].Median = found[at][1].low
		axes[i].IQR = found[at][2].low - found[at][0].low
	}
	return nil
}

// binOf returns the numbers between which a quartile lies.
func binOf(bins []partial.Bin, n, quartile int64) (low, high float64) {
	var below int64
	for _, b := range bins {
		if math.IsInf(b.Min, 0) {
			continue
		}
		if below += b.N; 4*below >= quartile*n {
			return b.Min, b.Max
		}
	}
	return 0, 0
}

// infinitesBelow counts −Inf.
func infinitesBelow(c *partial.Column) int64 {
	if bins := c.Sketch.Numbers; len(bins) > 0 && math.IsInf(bins[0].Min, -1) {
		return bins[0].N
	}
	return 0
}
