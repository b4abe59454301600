package feature

import (
	"fmt"
	"math"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// Up to so many different numbers each keep a level of their own.
const (
	maxDiscreteInts   = 20
	maxDiscreteFloats = 12
)

// leastBin is the share of the known rows that a chosen bin holds at least.
const leastBin = 0.02

// numbers makes one feature of a numeric column.
func (d *decider) numbers(c *partial.Column, inf *partial.Inference, out *Column) (reason string, err error) {
	if inf.NaN > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("NaN in %s rows is taken as missing", count(inf.NaN)))
	}
	if inf.Infinite > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s rows hold ±infinity, which goes to the outermost levels", count(inf.Infinite)))
	}
	binning := d.options.Bins[c.Name]
	dist, values, err := d.distribution(c, inf)
	if err != nil || dist == nil {
		return "", err
	}
	discrete := maxDiscreteFloats
	if dist.integer {
		discrete = maxDiscreteInts
	}
	if binning.none() && values != nil && len(values) <= discrete {
		f := encoder.Feature{Name: c.Name, Column: c.Name, Kind: encoder.Discrete}
		for _, v := range values {
			f.Levels = append(f.Levels, encoder.Level{Name: number(v.Value), Value: number(v.Value)})
		}
		d.add(out, f)
		return fmt.Sprintf("%d different numbers", len(values)), nil
	}
	levels, reason, ok, err := d.cut(c, dist, binning)
	if err != nil || !ok {
		return "", err
	}
	d.add(out, encoder.Feature{Name: c.Name, Column: c.Name, Kind: encoder.Range, Levels: levels})
	return reason, nil
}

// distribution returns the distribution of a numeric column, and its exact
// values where they are known.
func (d *decider) distribution(c *partial.Column, inf *partial.Inference) (*distribution, []partial.ValueCount, error) {
	integer := inf.Decimals == 0 || inf.Type == source.Int || inf.Type == source.Bool
	if values, ok := c.Numbers(); ok {
		return newDistribution(exactBins(values), true, integer), values, nil
	}
	if c.Sketch == nil || len(c.Sketch.Numbers) == 0 {
		return nil, nil, fmt.Errorf("its values are not all numbers, such as %q", inf.NotNumber)
	}
	return newDistribution(c.Sketch.Numbers, false, integer), nil, nil
}

// cut decides cuts and names. ok is false while something must be asked first.
func (d *decider) cut(c *partial.Column, dist *distribution, b Binning) (levels []encoder.Level, reason string, ok bool, err error) {
	d.recall(c, dist)
	most := DefaultLevels
	if b.Levels > 0 {
		most = b.Levels
	}
	var cuts []float64
	keepEmpty := false
	switch {
	case b.Width > 0:
		if cuts, err = dist.widths(b.Width); err != nil {
			return nil, "", false, err
		}
		reason = "bins of width " + number(b.Width)
	case b.Cuts != nil:
		cuts, keepEmpty, reason = b.Cuts, true, "cuts as given"
	default:
		if !d.spikes(c, dist, most/2) {
			return nil, "", false, nil
		}
		least := max(1, d.options.MinCount, int64(math.Ceil(leastBin*float64(dist.total))))
		cuts = dist.chooseCuts(most-len(dist.spikes), least)
		reason = "quantiles, rounded"
		for i, s := range dist.spikes {
			if i == 0 {
				reason += "; on their own, as many rows hold them: "
			} else {
				reason += ", "
			}
			reason += number(s.Value)
		}
	}
	levels = dist.levels(cuts, keepEmpty)
	if q := dist.questions(); len(q) > 0 && len(d.answers) < maxRounds {
		d.ask = append(d.ask, partial.RefineColumn{Column: c.Name, Cuts: q})
		return nil, "", false, nil
	}
	return levels, reason, true, nil
}

// recall gives a distribution what refinements have counted of its column.
func (d *decider) recall(c *partial.Column, dist *distribution) {
	for _, a := range d.answers {
		for _, r := range a.Columns {
			if r.Column == c.Name {
				for i, x := range r.Cuts {
					dist.below_[x] = r.Below[i]
				}
			}
		}
	}
}

// spikes sets the spikes; false while they must be asked for.
func (d *decider) spikes(c *partial.Column, dist *distribution, most int) bool {
	if dist.exact {
		dist.findSpikes(most)
		return true
	}
	least := int64(math.Ceil(spikeShare * float64(dist.total)))
	texts, ints, ok := d.values(c, least)
	if !ok {
		return false
	}
	counted := partial.Column{Type: c.Type, Scale: c.Scale, Ints: ints, Texts: texts}
	values, _ := counted.Numbers()
	var found []partial.ValueCount
	for _, v := range values {
		if v.N >= least {
			found = append(found, v)
		}
	}
	dist.setSpikes(found, most)
	return true
}

// widths returns multiples of width from the smallest to the largest number.
func (d *distribution) widths(width float64) ([]float64, error) {
	first, last := math.Floor(d.min/width), math.Floor(d.max/width)
	if n := last - first + 1; !(n <= encoder.MaxLevels-1) {
		return nil, fmt.Errorf("a width of %s gives %s bins from %s to %s, more than %d: choose a wider one", number(width), number(n), number(d.min), number(d.max), encoder.MaxLevels-1)
	}
	var cuts []float64
	for k := first + 1; k <= last; k++ {
		cuts = append(cuts, tidy(k*width))
	}
	return cuts, nil
}

// tidy drops the binary noise of a product such as 3·0.1.
func tidy(x float64) float64 { return significant(x, 14) }
