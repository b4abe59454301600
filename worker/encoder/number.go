package encoder

import (
	"math"
	"strconv"
	"strings"
)

// MaxFixed bounds the magnitude of a fixed-point value, so that its square
// summed over 2³¹ rows fits 128 bits.
const MaxFixed = 1 << 48

// Literal is the text of a decimal number, taken apart exactly: the number is
// ±Mantissa·10^Exponent, but for digits past the 19th significant one.
type Literal struct {
	Negative bool
	Mantissa uint64 // at most 19 digits
	Exponent int
	Integer  bool // written without point and exponent
	Padded   bool // an integer written with needless zeros in front, such as 007
	NaN, Inf bool // the words nan, inf and infinity, in any case
}

// maxExponent bounds a written exponent: beyond it every number is 0 or infinite.
const maxExponent = 100_000

// ParseLiteral reads a number: digits with an optional sign, point and
// exponent, spaces around it passed over. It does not allocate.
func ParseLiteral(s string) (n Literal, ok bool) {
	s = trimSpaces(s)
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		n.Negative = s[i] == '-'
		i++
	}
	first, digits, seen := i, 0, 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		seen++
		digits = n.push(s[i]-'0', digits, 0)
	}
	n.Integer = true
	n.Padded = seen > 1 && s[first] == '0'
	if i < len(s) && s[i] == '.' {
		n.Integer = false
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			seen++
			digits = n.push(s[i]-'0', digits, -1)
		}
	}
	if seen == 0 {
		return special(s, first, n.Negative)
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		n.Integer = false
		e, end, ok := exponent(s, i+1)
		if !ok {
			return Literal{}, false
		}
		n.Exponent, i = n.Exponent+e, end
	}
	if !n.Integer {
		n.Padded = false
	}
	return n, i == len(s)
}

// push appends a digit; shift is −1 for one after the point.
func (n *Literal) push(d byte, digits, shift int) int {
	switch {
	case digits == 19: // no room: an integer's digit still counts
		n.Exponent += 1 + shift
		return digits
	case digits == 0 && d == 0:
		n.Exponent += shift
		return 0
	}
	n.Mantissa = n.Mantissa*10 + uint64(d)
	n.Exponent += shift
	return digits + 1
}

func exponent(s string, i int) (e, end int, ok bool) {
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	start := i
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		e = min(e*10+int(s[i]-'0'), maxExponent)
	}
	if negative {
		e = -e
	}
	return e, i, i > start
}

func special(s string, first int, negative bool) (Literal, bool) {
	switch word := s[first:]; {
	case len(word) == 3 && strings.EqualFold(word, "nan"):
		return Literal{NaN: true}, true
	case len(word) == 3 && strings.EqualFold(word, "inf"), len(word) == 8 && strings.EqualFold(word, "infinity"):
		return Literal{Inf: true, Negative: negative}, true
	}
	return Literal{}, false
}

func trimSpaces(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// Decimals returns how many digits after the point the number needs.
func (n Literal) Decimals() int {
	m, e := n.Mantissa, n.Exponent
	if m == 0 || e >= 0 {
		return 0
	}
	for e < 0 && m%10 == 0 {
		m, e = m/10, e+1
	}
	return -e
}

// Fixed returns the number × 10^digits, rounded half away from zero, exactly.
// It fails for NaN, infinities and results beyond MaxFixed.
func (n Literal) Fixed(digits int) (int64, bool) {
	if n.NaN || n.Inf {
		return 0, false
	}
	x, e := n.Mantissa, n.Exponent+digits
	for ; e > 0 && x != 0; e-- {
		if x > MaxFixed {
			return 0, false
		}
		x *= 10
	}
	switch {
	case e < -19:
		x = 0 // below 10⁻¹
	case e < 0:
		p := pow10[-e]
		q, r := x/p, x%p
		if r >= p-r {
			q++
		}
		x = q
	}
	if x > MaxFixed {
		return 0, false
	}
	if n.Negative {
		return -int64(x), true
	}
	return int64(x), true
}

var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// Float returns the nearest float64 of the number whose text was s; −0 is 0.
func (n Literal) Float(s string) float64 {
	sign := 1.0
	if n.Negative {
		sign = -1
	}
	switch {
	case n.NaN:
		return math.NaN()
	case n.Inf:
		return math.Inf(int(sign))
	case n.Mantissa == 0:
		return 0
	case n.Mantissa < 1<<53 && n.Exponent >= -19 && n.Exponent <= 0: // both sides exact: one rounding (10¹⁹ < 5²²·2²²)
		return sign * float64(n.Mantissa) / float64(pow10[-n.Exponent])
	}
	f, _ := strconv.ParseFloat(trimSpaces(s), 64) // its grammar holds ours; beyond the range it gives ±Inf
	return f + 0
}

// ParseNumber reads a number as ParseLiteral does, as a float64.
func ParseNumber(s string) (float64, bool) {
	n, ok := ParseLiteral(s)
	if !ok {
		return 0, false
	}
	return n.Float(s), true
}

// DecimalFloat returns v·10^−scale, rounded once where v and the power of ten
// are exact: up to 2⁵³ and a scale of 22.
func DecimalFloat(v int64, scale int32) float64 {
	switch {
	case scale <= 0:
		return float64(v)
	case int(scale) < len(pow10):
		return float64(v) / float64(pow10[scale])
	}
	return float64(v) / math.Pow10(int(scale))
}

// FixedFloat returns v × 10^digits, rounded half away from zero, of the
// shortest decimal number that reads as v: 0.1 is 0.1, not its binary
// neighbour. It fails for NaN, infinities and results beyond MaxFixed.
// digits is at most 15.
func FixedFloat(v float64, digits int) (int64, bool) {
	p := float64(pow10[digits])
	x := math.Round(v * p)
	if math.Abs(x) <= MaxFixed && x/p == v {
		return int64(x), true // at most 15 digits that read as v: no other decimal that short does
	}
	if math.IsNaN(v) || math.Abs(x) > 2*MaxFixed {
		return 0, false
	}
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], v, 'e', -1, 64)
	n, ok := ParseLiteral(string(s))
	if !ok {
		return 0, false
	}
	return n.Fixed(digits)
}

// FloatDecimals returns how many digits after the point v needs, at least
// from, or most+1 where it needs more than most.
func FloatDecimals(v float64, from, most int) int {
	for d := from; d <= most; d++ {
		p := float64(pow10[d])
		if x := math.Round(v * p); math.Abs(x) >= 1<<53 || x/p == v {
			return d
		}
	}
	return most + 1
}
