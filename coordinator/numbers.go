package coordinator

import (
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// The bins that quartiles are found in: finestBits wherever they come to no more
// than mostBins, over all columns and segments.
const (
	finestBits   = 10
	coarsestBits = 4
	mostBins     = 1 << 21
)

// numbers lists the columns of the numeric features, of which personas tell
// mean and quartiles. One that holds NaN, infinities or numbers too large to be
// summed exactly is left out: its levels say where its quartiles lie.
func (j *job) numbers(segments int) wire.Numbers {
	out := wire.Numbers{Bits: finestBits}
	for i := range j.plan.Features {
		f := &j.plan.Features[i]
		taken := slices.ContainsFunc(out.Columns, func(c wire.Number) bool { return c.Column == f.Column })
		if f.Part != "" || f.Kind == encoder.Category || taken {
			continue
		}
		at := slices.IndexFunc(j.profile.Columns, func(c partial.Column) bool { return c.Name == f.Column })
		if at < 0 {
			continue
		}
		if n, ok := number(&j.profile.Columns[at]); ok {
			out.Columns = append(out.Columns, n)
		}
	}
	for out.Bits > coarsestBits {
		bins := 0
		for _, c := range out.Columns {
			bins += segments * (partial.BinOf(c.High, out.Bits) - partial.BinOf(c.Low, out.Bits) + 1)
		}
		if bins <= mostBins {
			break
		}
		out.Bits--
	}
	return out
}

func number(c *partial.Column) (n wire.Number, ok bool) {
	inf := c.Infer()
	digits, fits := metric.Digits(&inf)
	if !inf.Numeric || inf.Known == 0 || inf.Type == source.Date || inf.Type == source.Timestamp || inf.NaN+inf.Infinite+c.Wide > 0 || !fits {
		return n, false
	}
	low, ok1 := encoder.FixedFloat(inf.Min, digits)
	high, ok2 := encoder.FixedFloat(inf.Max, digits)
	return wire.Number{Column: c.Name, Digits: digits, Low: low, High: high}, ok1 && ok2
}
