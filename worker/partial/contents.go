package partial

import (
	"fmt"
	"maps"
	"math/bits"
)

// Contents are rows by all that is looked at in them, and how often each occurs:
// a thinned table of the finest cells. Where more than Limit occur, those are
// kept whose hash begins with Level zeros, Level being the least that keeps no
// more; so it does not depend on how the rows were cut.
type Contents struct {
	Limit, Level int
	Rows         map[string]int64
}

// Add takes in a row.
func (c *Contents) Add(content []byte) {
	if bits.LeadingZeros64(contentHash(content)) < c.Level {
		return
	}
	c.Rows[string(content)]++
	c.settle()
}

// settle thins until the limit is kept.
func (c *Contents) settle() {
	for len(c.Rows) > c.Limit && c.Level < 64 {
		c.Level++
		maps.DeleteFunc(c.Rows, func(content string, _ int64) bool {
			return bits.LeadingZeros64(contentHash(content)) < c.Level
		})
	}
}

// Merge takes in other rows.
func (c *Contents) Merge(other *Contents) error {
	if c.Limit != other.Limit {
		return fmt.Errorf("contents of at most %d and of at most %d rows cannot be added", other.Limit, c.Limit)
	}
	c.Level = max(c.Level, other.Level)
	maps.DeleteFunc(c.Rows, func(content string, _ int64) bool { return bits.LeadingZeros64(contentHash(content)) < c.Level })
	if c.Rows == nil {
		c.Rows = map[string]int64{}
	}
	for content, n := range other.Rows {
		if bits.LeadingZeros64(contentHash(content)) >= c.Level {
			c.Rows[content] += n
		}
	}
	c.settle()
	return nil
}

// contentHash is FNV-1a, mixed so that its first bits are as good as the others.
func contentHash[T string | []byte](content T) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(content) {
		h = (h ^ uint64(content[i])) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
