// Package metric says what a metric is: how the user writes it, which measures
// carry its exact sums, and how mean, lift and excess follow from them.
package metric

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/headwater-dev/headwater/worker/partial"
)

// Spec is a metric as the user wrote it.
type Spec struct {
	Name   string  `json:"name"`             // shown in outputs
	Column string  `json:"column"`           // value, or numerator
	Equals *string `json:"equals,omitempty"` // yes/no metric: 1 where the column has this value
	Per    string  `json:"per,omitempty"`    // ratio of sums: the denominator's column; "" = none
}

// Parse reads "column", "column=value", "column/per" and each of them with
// " as name". The first "=" splits; the value after it is literal.
func Parse(s string) (Spec, error) {
	text, name := strings.TrimSpace(s), ""
	i := strings.LastIndex(text, " as ")
	if i >= 0 {
		text, name = strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+len(" as "):])
	}
	if text == "" || i >= 0 && name == "" {
		return Spec{}, fmt.Errorf("metric %q is empty: write column, column=value or column/column, with \" as name\" if you like", s)
	}
	spec := Spec{Name: name}
	if column, value, ok := strings.Cut(text, "="); ok {
		spec.Column, spec.Equals = strings.TrimSpace(column), &value
	} else if column, per, ok := strings.Cut(text, "/"); ok {
		spec.Column, spec.Per = strings.TrimSpace(column), strings.TrimSpace(per)
		if spec.Per == "" {
			return Spec{}, fmt.Errorf("metric %q has no column after the slash", s)
		}
	} else {
		spec.Column = text
	}
	if spec.Column == "" {
		return Spec{}, fmt.Errorf("metric %q names no column", s)
	}
	if spec.Name == "" {
		spec.Name = text
	}
	return spec, nil
}

// Metric is a metric resolved against a table. Its sums are integers: the
// value × 10^Digits (numerators and denominators with digits of their own).
type Metric struct {
	Name      string `json:"name"`
	Column    string `json:"column"`
	Binary    bool   `json:"binary"` // every value is 0 or 1
	Num       int    `json:"num"`    // index into Plan.Measures
	Den       int    `json:"den"`    // index into Plan.Measures; -1 = the count of known rows
	Digits    int    `json:"digits"` // of Num
	DenDigits int    `json:"den_digits,omitempty"`
	Rounded   string `json:"rounded,omitempty"` // what rounding the fixed point made, "" = exact
	Equals    string `json:"equals,omitempty"`  // yes/no: the value that counts as yes, for display
}

// Value is what one group (or all customers) holds of one metric.
type Value struct {
	Known int64    // rows on which the metric is known
	Num   *big.Int // exact, × 10^Digits
	Den   *big.Int // exact, × 10^DenDigits; nil = Known
}

// At reads the i-th group's value of m from counts.
func (m Metric) At(c *partial.Counts, i int) Value {
	num := &c.Measures[m.Num]
	v := Value{Known: c.N[i], Num: num.Sum.Big(i)}
	if num.Known != nil {
		v.Known = num.Known[i]
	}
	if m.Den >= 0 {
		v.Den = c.Measures[m.Den].Sum.Big(i)
	}
	return v
}

// Sum returns the metric's sum (a ratio's numerator) in the metric's own unit.
func (m Metric) Sum(v Value) float64 { return scaled(v.Num, m.Digits) }

// Weight returns what the mean divides by: known rows, or a ratio's denominator.
func (m Metric) Weight(v Value) float64 {
	if v.Den != nil {
		return scaled(v.Den, m.DenDigits)
	}
	return float64(v.Known)
}

// Mean returns sum / weight; ok is false where there is nothing to divide by.
func (m Metric) Mean(v Value) (mean float64, ok bool) {
	w := m.Weight(v)
	if w == 0 {
		return math.NaN(), false
	}
	return m.Sum(v) / w, true
}

// Lift returns the group's mean over the overall mean; ok is false where the
// overall mean is not positive or either is undefined.
func (m Metric) Lift(v, all Value) (lift float64, ok bool) {
	mean, ok1 := m.Mean(v)
	overall, ok2 := m.Mean(all)
	if !ok1 || !ok2 || overall <= 0 {
		return math.NaN(), false
	}
	return mean / overall, true
}

// Excess returns sum − weight × overall mean: what the group brings above the
// average, in the metric's unit. It is computed exactly before it is rounded
// once to float64, so that its sign and order can be trusted.
func (m Metric) Excess(v, all Value) (excess float64, ok bool) {
	w, wAll := weights(v, all)
	if wAll.Sign() == 0 {
		return math.NaN(), false
	}
	if excess, ok := quickExcess(v.Num, all.Num, w, wAll, m.Digits); ok {
		return excess, true
	}
	r, ok := m.ExactExcess(v, all)
	if !ok {
		return math.NaN(), false
	}
	f, _ := r.Float64()
	return f, true
}

// ExactExcess is Excess as a fraction; ok is false where all has no weight.
func (m Metric) ExactExcess(v, all Value) (excess *big.Rat, ok bool) {
	w, wAll := weights(v, all)
	if wAll.Sign() == 0 {
		return nil, false
	}
	expected := new(big.Int).Mul(w, all.Num)
	r := new(big.Rat).SetFrac(expected, wAll)
	r.Sub(new(big.Rat).SetInt(v.Num), r)
	return r.Quo(r, new(big.Rat).SetInt(power10(m.Digits))), true
}

// weights returns what the means divide by, as integers of one scale.
func weights(v, all Value) (w, wAll *big.Int) {
	if v.Den == nil {
		return big.NewInt(v.Known), big.NewInt(all.Known)
	}
	return v.Den, all.Den
}

// scaled returns x / 10^digits, rounded once.
func scaled(x *big.Int, digits int) float64 {
	// Where both sides are exact in float64, dividing rounds once as well.
	if digits < len(pow10) && x.IsInt64() && max(x.Int64(), -x.Int64()) <= 1<<53 {
		return float64(x.Int64()) / float64(pow10[digits])
	}
	f, _ := new(big.Rat).SetFrac(x, power10(digits)).Float64()
	return f
}

func power10(digits int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}
