package shard

import (
	"maps"
	"slices"
	"sync"
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// points are the rows as clustering wants them, 4 bytes a row and coordinate
// and 12 bytes a row beside. Ops keep half as much again.
type points struct {
	dims   int
	places []float32 // row by row, as distance.Rows.X
	hash   []uint64
	order  []uint32 // row → row of the table, from first on
	first  int64
	kept   keep
}

// Points returns a block's rows as points of a space whose dense features are
// the plan's coordinates and whose categories are the listed features. They
// share the shard's memory and are to be checked by the space.
func (s *Shard) Points(block int, space *distance.Space, oneHot []int) *distance.Rows {
	b, p := s.blocks[block], s.points
	rows := space.NewRows(0)
	rows.N, rows.X = b.Rows, p.places[b.Start*p.dims:][:b.Rows*p.dims]
	for i, f := range oneHot {
		rows.Codes[i] = s.codes[f][b.Start:][:b.Rows]
	}
	return rows
}

// Hashes returns hash(seed, key) of every row. The caller must not write to it.
func (s *Shard) Hashes() []uint64 { return s.points.hash }

// Ordinal returns a row's global ordinal: its place in the table.
func (s *Shard) Ordinal(row int) int64 { return s.points.first + int64(s.points.order[row]) }

// Clustered says whether the shard holds points.
func (s *Shard) Clustered() bool { return s.points != nil }

func (p *points) bytes() int64 {
	if p == nil {
		return 0
	}
	return int64(unsafe.Sizeof(*p)) + 4*int64(cap(p.places)) + 8*int64(cap(p.hash)) + 4*int64(cap(p.order)) +
		int64(14+2*p.dims)*int64(len(p.order)) // what ops keep: norms, coarse copies, and the assignment of a run
}

// keep holds what ops keep of a shard from one round to the next.
type keep struct {
	mu     sync.Mutex
	values map[string]any
}

// Keep returns what is kept under a name, made by the first who asks. It must
// be a shortcut and nothing more: a shard that moves to another worker loses it.
func (s *Shard) Keep(name string, first func() any) any {
	k := &s.points.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[name]
	if !ok {
		v = first()
		if k.values == nil {
			k.values = map[string]any{}
		}
		k.values[name] = v
	}
	return v
}

// Drop forgets what is kept under names that do not pass.
func (s *Shard) Drop(pass func(name string) bool) {
	k := &s.points.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.values, func(name string, _ any) bool { return !pass(name) })
}

// rawPoints are points in the order in which they came.
type rawPoints struct {
	places [][]float32
	hash   []uint64
	first  int64
}

func (r *rawPoints) expect(rows int) {
	for j := range r.places {
		r.places[j] = slices.Grow(r.places[j], rows)
	}
	r.hash = slices.Grow(r.hash, rows)
}

// extend gives the rows after the first so many to dst.
func (r *rawPoints) extend(dst *encoder.Rows, rows int) {
	dst.Places = resized(dst.Places, len(r.places))
	for j := range r.places {
		dst.Places[j] = extend(&r.places[j], rows, dst.N)
	}
	dst.Hash = extend(&r.hash, rows, dst.N)
}

// lay puts the rows into the given order.
func (r *rawPoints) lay(order []uint32) *points {
	p := &points{dims: len(r.places), order: order, first: r.first}
	p.places = make([]float32, len(order)*p.dims)
	const few = 1024 // rows that stay in the cache until they are complete
	for from := 0; from < len(order); from += few {
		rows := order[from:min(from+few, len(order))]
		for j := range r.places {
			for k, row := range rows {
				p.places[(from+k)*p.dims+j] = r.places[j][row]
			}
		}
	}
	r.places = nil
	p.hash, _ = arranged(r.hash, order, nil)
	return p
}
