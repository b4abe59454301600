package partial

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// HashBuckets is the number of hash buckets of a Sketch.
const HashBuckets = 65536

// precision of the HyperLogLog registers: a standard error of 0.2 %, so that a
// column of unique values is told from one with 1 % repeats.
const precision = 18

// MaxDecimals is the largest number of digits after the point that is counted.
const MaxDecimals = 6

// Sketch is what is known of a column with more values than are counted
// exactly. Every value of the column is in it, also those met before the limit
// was reached, so it does not depend on where that happened.
type Sketch struct {
	Buckets  []int64             // rows by hash bucket, see Bucket
	Distinct *hyperloglog.Sketch // dense: the sparse form depends on the order of merging

	Numbers  []Bin // ascending by Key; nil where a text is not a number
	Decimals int   // most digits after the point, MaxDecimals+1 for more

	// Of texts:
	NaN        int64  // the word nan
	NotNumbers int64  // rows whose text is not a number
	NotNumber  string // the first such text in byte order
	NotInts    int64  // rows whose text is not an integer
	Padded     int64  // rows with an integer that has needless zeros in front
	NotDates   int64  // rows whose text is not a date
	Timed      int64  // rows whose date has a time of day
	Days       map[int64]int64
	ManyDays   bool // more than ExactLimit different days, so that Days is nil

	// All values, as in Column, where there was room for them; both nil where
	// not. They save a pass over the table (see Profile.Refine) and nothing is
	// decided by them otherwise, so they may depend on how the rows were cut.
	Ints  map[int64]int64
	Texts map[string]int64
}

// Bin counts the numbers that share the leading bits of their order-preserving
// key: sign, exponent and eight bits of the fraction.
type Bin struct {
	Key      uint32 // 20 bits
	N        int64
	Min, Max float64
}

// BinKey returns the key of the bin that holds v; a larger number never has a
// smaller key.
func BinKey(v float64) uint32 {
	b := math.Float64bits(v)
	if b>>63 != 0 {
		b = ^b
	} else {
		b |= 1 << 63
	}
	return uint32(b >> 44)
}

// HashText and HashInt hash a value; the hash is the same on every machine and
// in every version.
func HashText(s string) uint64 { return xxh3.HashString(s) }

// HashInt hashes an entry of Column.Ints.
func HashInt(v int64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(v))
	return xxh3.Hash(b[:])
}

// Bucket returns the hash bucket of a hash.
func Bucket(hash uint64) int { return int(hash & (HashBuckets - 1)) }

func newSketch(t source.Type) *Sketch {
	s := &Sketch{Buckets: make([]int64, HashBuckets)}
	s.Distinct, _ = hyperloglog.NewSketch(precision, false) // the precision is a constant within its range
	if t == source.Text {
		s.Days = map[int64]int64{}
	}
	return s
}

// number returns an entry of Column.Ints as a number.
func (c *Column) number(v int64) float64 {
	switch c.Type {
	case source.Float:
		return math.Float64frombits(uint64(v))
	case source.Decimal:
		return encoder.DecimalFloat(v, c.Scale)
	}
	return float64(v)
}

// addExact adds exactly counted values of column c.
func (s *Sketch) addExact(c *Column, ints map[int64]int64, texts map[string]int64) {
	b := newBinTable(s.Numbers)
	for v, n := range ints {
		s.addInt(c, b, v, n)
	}
	for v, n := range texts {
		s.addText(b, v, n)
	}
	s.finish(b)
}

// addInt adds n rows with the entry v of Column.Ints.
func (s *Sketch) addInt(c *Column, b *binTable, v, n int64) {
	h := HashInt(v)
	s.Buckets[Bucket(h)] += n
	s.Distinct.InsertHash(h)
	f := c.number(v)
	b.add(f, n)
	if s.Decimals <= MaxDecimals {
		s.Decimals = c.decimals(v, s.Decimals)
	}
}

// addText adds n rows with the text v.
func (s *Sketch) addText(b *binTable, v string, n int64) {
	h := HashText(v)
	s.Buckets[Bucket(h)] += n
	s.Distinct.InsertHash(h)
	s.addParsed(b, v, n)
}

func (s *Sketch) addParsed(b *binTable, v string, n int64) {
	lit, ok := encoder.ParseLiteral(v)
	switch {
	case !ok:
		if s.NotNumbers == 0 || v < s.NotNumber {
			s.NotNumber = strings.Clone(v)
		}
		s.NotNumbers += n
		s.NotInts += n
	case lit.NaN:
		s.NaN += n
		s.NotInts += n
	default:
		if !lit.Integer {
			s.NotInts += n
		}
		if lit.Padded {
			s.Padded += n
		}
		if s.NotNumbers == 0 {
			b.add(lit.Float(v), n)
		}
		s.Decimals = max(s.Decimals, min(lit.Decimals(), MaxDecimals+1))
	}
	if ok || s.NotDates > 0 { // no number is a date
		s.NotDates += n
		return
	}
	day, timed, ok := encoder.ParseDay(v)
	if !ok {
		s.NotDates += n
		return
	}
	if timed {
		s.Timed += n
	}
	if !s.ManyDays {
		s.Days[day] += n
		s.ManyDays = len(s.Days) > ExactLimit
	}
}

// finish takes the bins back and drops what no longer means anything, so that
// equal columns have equal sketches.
func (s *Sketch) finish(b *binTable) {
	s.Numbers = b.bins()
	s.settle()
}

func (s *Sketch) settle() {
	if s.NotNumbers > 0 {
		s.Numbers = nil
		s.Decimals = 0
	}
	if s.NotDates > 0 {
		// How often a date was met depends on what came first, so it goes too.
		s.NotDates, s.Timed, s.Days, s.ManyDays = 1, 0, nil, false
	}
	if s.ManyDays {
		s.Days = nil
	}
}

func (s *Sketch) merge(o *Sketch) error {
	addTo(s.Buckets, o.Buckets)
	if err := s.Distinct.Merge(o.Distinct); err != nil {
		return err
	}
	if o.NotNumbers > 0 && (s.NotNumbers == 0 || o.NotNumber < s.NotNumber) {
		s.NotNumber = o.NotNumber
	}
	s.NaN += o.NaN
	s.NotNumbers += o.NotNumbers
	s.NotInts += o.NotInts
	s.Padded += o.Padded
	s.NotDates += o.NotDates
	s.Timed += o.Timed
	s.Decimals = max(s.Decimals, o.Decimals)
	s.Days = union(s.Days, o.Days)
	s.ManyDays = s.ManyDays || o.ManyDays || len(s.Days) > ExactLimit
	s.Numbers = mergeBins(s.Numbers, o.Numbers)
	s.settle()
	return nil
}

func mergeBins(a, b []Bin) []Bin {
	out := make([]Bin, 0, len(a)+len(b))
	out = append(append(out, a...), b...)
	slices.SortFunc(out, func(x, y Bin) int { return int(x.Key) - int(y.Key) })
	n := 0
	for i, x := range out {
		if i > 0 && x.Key == out[n-1].Key {
			y := &out[n-1]
			y.N += x.N
			y.Min, y.Max = min(y.Min, x.Min), max(y.Max, x.Max)
			continue
		}
		out[n] = x
		n++
	}
	return slices.Clip(out[:n])
}
