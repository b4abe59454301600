package shard

import (
	"maps"
	"sync"
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// points are the rows as clustering wants them, 4 bytes a row and coordinate
// and 12 bytes a row beside.
type points struct {
	dims   int
	panels []float32 // block by block, laid out as distance.Rows.X
	start  []int     // block → its first entry in panels; one more for the end
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
	rows.N, rows.X = b.Rows, p.panels[p.start[block]:p.start[block+1]]
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
	return int64(unsafe.Sizeof(*p)) + 4*int64(cap(p.panels)) + 8*int64(cap(p.start)) + 8*int64(cap(p.hash)) + 4*int64(cap(p.order)) +
		10*int64(len(p.order)) // what ops keep: norms, and the assignment of a run
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
	places []column[float32]
	hash   column[uint64]
	first  int64
}

func (r *rawPoints) append(rows *encoder.Rows, begin bool) {
	if begin {
		r.first = rows.First
	}
	for j := range r.places {
		r.places[j].append(rows.Places[j][:rows.N])
	}
	r.hash.append(rows.Hash[:rows.N])
}

// lay puts the rows into panels, in the given order.
func (r *rawPoints) lay(order []uint32, blocks []Block) *points {
	p := &points{dims: len(r.places), order: order, first: r.first, start: make([]int, len(blocks)+1)}
	for i, b := range blocks {
		p.start[i+1] = p.start[i] + (b.Rows+distance.Lanes-1)/distance.Lanes*distance.Lanes*p.dims
	}
	p.panels = make([]float32, p.start[len(blocks)])
	for j := range r.places {
		for i, b := range blocks {
			panels := p.panels[p.start[i]:p.start[i+1]]
			for k, row := range order[b.Start:][:b.Rows] {
				panels[(k/distance.Lanes*p.dims+j)*distance.Lanes+k%distance.Lanes] = r.places[j].at(row)
			}
		}
		r.places[j] = column[float32]{}
	}
	p.hash = r.hash.take(order, make([]uint64, len(order)))
	return p
}
