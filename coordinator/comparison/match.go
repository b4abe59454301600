package comparison

import (
	"fmt"

	"github.com/headwater-dev/headwater/coordinator/export"
)

// pairing goes through the customers of A in the order of its parts and finds
// the segment of each in B. As long as B has the same customers in the same
// order, parts of it are read alongside; then no more than a part of each is in
// memory. Else all of B is looked up by key, at some 100 bytes a customer.
type pairing struct {
	a, b   *export.Assigned
	asText bool // ids are whole numbers in one and text in the other

	next     int // part of B
	keys     []export.Key
	segments []int32

	byKey map[export.Key]int32 // all of B that is left; nil = in the same order so far
	taken map[export.Key]bool
}

func newPairing(a, b *export.Assigned) (*pairing, error) {
	ma, mb := &a.Manifest, &b.Manifest
	if a.ByID() != b.ByID() {
		named := map[bool]string{true: "by an id", false: "by file and row"}
		return nil, fmt.Errorf("the one knows its customers %s, the other %s: make both with the same id column (--role column=id)", named[a.ByID()], named[b.ByID()])
	}
	if ma.Rows != mb.Rows {
		return nil, fmt.Errorf("the one assigns %d customers, the other %d: only assignments of the same customers can be compared", ma.Rows, mb.Rows)
	}
	if ma.Rows == 0 {
		return nil, fmt.Errorf("neither assigns any customer: there is nothing to compare")
	}
	return &pairing{a: a, b: b}, nil
}

// part returns the segments of the customers of a part of A, in A and in B.
func (p *pairing) part(i int) (inA, inB []int32, err error) {
	keys, inA, err := p.a.Part(i)
	if err != nil {
		return nil, nil, err
	}
	inB = make([]int32, len(inA))
	for row, key := range keys {
		if p.byKey == nil {
			if err := p.fill(); err != nil {
				return nil, nil, err
			}
			if len(p.keys) > 0 && same(p.keys[0], key) {
				inB[row] = p.segments[0]
				p.keys, p.segments = p.keys[1:], p.segments[1:]
				continue
			}
			if err := p.index(); err != nil {
				return nil, nil, err
			}
		}
		if p.asText {
			key = key.AsText()
		}
		at, ok := p.byKey[key]
		switch {
		case key.Missing:
			return nil, nil, fmt.Errorf("the customers stand in another order, and some have no id to find them by")
		case !ok:
			return nil, nil, fmt.Errorf("customer %s is in the one and not in the other: only assignments of the same customers can be compared", p.called(key))
		case p.taken[key]:
			return nil, nil, fmt.Errorf("customer %s is there twice, and the customers stand in another order: they cannot be told apart", p.called(key))
		}
		p.taken[key], inB[row] = true, at
	}
	return inA, inB, nil
}

// same says whether two keys are of one customer; ids may be text in one table
// and numbers in the other.
func same(a, b export.Key) bool { return a == b || a.AsText() == b.AsText() && !a.Missing }

// fill makes sure that rows of B are at hand, unless there are no more.
func (p *pairing) fill() (err error) {
	for len(p.keys) == 0 && p.next < len(p.b.Manifest.Parts) {
		if p.keys, p.segments, err = p.b.Part(p.next); err != nil {
			return err
		}
		p.next++
	}
	return nil
}

// index reads the rest of B.
func (p *pairing) index() error {
	p.byKey, p.taken, p.asText = map[export.Key]int32{}, map[export.Key]bool{}, p.a.ByID()
	for {
		for i, key := range p.keys {
			if p.asText {
				key = key.AsText()
			}
			if _, twice := p.byKey[key]; twice && !key.Missing {
				return fmt.Errorf("customer %s is there twice, and the customers stand in another order: they cannot be told apart", p.called(key))
			}
			p.byKey[key] = p.segments[i]
		}
		p.keys, p.segments = nil, nil
		if err := p.fill(); err != nil {
			return err
		}
		if len(p.keys) == 0 {
			return nil
		}
	}
}

func (p *pairing) called(k export.Key) string {
	if p.a.ByID() {
		return fmt.Sprintf("%q", k.AsText().Text)
	}
	return fmt.Sprintf("row %d of %s", k.Number, k.Text)
}
