package source

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// csvColumn gathers one column of a CSV split, batch by batch: as indexes into
// a dictionary for as long as the values repeat, so that a text is copied and
// looked at by consumers once; from the batch that exceeds maxWords on as text.
type csvColumn struct {
	words *wordTable // nil from then on
	codes []int32    // of the batch; 0 where the row has none
	valid validity   // of codes
	text  textBuilder
	nulls *nullSet
	quick *[quickWords]quickWord // of words, made by addBlock
}

func newCSVColumn(nulls []string, set *nullSet) csvColumn {
	return csvColumn{words: newWordTable(nulls), nulls: set}
}

// reset begins a batch.
func (c *csvColumn) reset(rows int) {
	if c.words == nil {
		c.text.reset(rows)
		return
	}
	c.codes, c.valid = make([]int32, 0, rows), validity{}
}

// add appends a row with the text of its cell, which it copies.
func (c *csvColumn) add(cell []byte) {
	switch {
	case c.words == nil:
		if c.nulls.has(cell) {
			c.text.addNull()
		} else {
			c.text.add(cell)
		}
		return
	case len(c.words.text)+len(cell) > math.MaxInt32:
		c.spell()
		c.add(cell)
		return
	}
	code := c.words.number(cell)
	if code == missingWord {
		c.valid.null(len(c.codes))
		code = 0
	}
	c.codes = append(c.codes, code)
	if c.words.full() {
		c.spell()
	}
}

// spell turns the batch so far into text, and ends the dictionary.
func (c *csvColumn) spell() {
	c.text.reset(cap(c.codes))
	for row, code := range c.codes {
		if c.valid.isNull(row) {
			c.text.addNull()
		} else {
			c.text.add(c.words.value(code))
		}
	}
	c.words, c.codes, c.valid = nil, nil, validity{}
}

// array returns the batch.
func (c *csvColumn) array() arrow.Array {
	if c.words == nil {
		return c.text.array()
	}
	n := len(c.codes)
	indexes := fromBuffers(arrow.PrimitiveTypes.Int32, n, c.valid.nulls, []*memory.Buffer{
		c.valid.buffer(n), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.codes)),
	})
	defer indexes.Release()
	return array.NewDictionaryArray(dictionaryType, indexes, c.words.values())
}
