package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/headwater-dev/headwater/worker/source"
)

// texts is a table in memory whose batches are Width bytes a row: as plain
// strings, or as dictionaries that differ from batch to batch, or both in turn.
type texts struct {
	width   int
	open    atomic.Int64 // readers
	failAt  int64        // row at which reading fails; 0 = never
	batches int64
}

func (x *texts) Open(_ context.Context, _ *source.Table, s source.Split, columns []string) (source.Reader, error) {
	if s.File == 99 {
		return nil, errors.New("file 99 is not there")
	}
	x.open.Add(1)
	return &textReader{x: x, next: s.Skip, end: s.Skip + s.Rows}, nil
}

type textReader struct {
	x         *texts
	next, end int64
	marks     []source.Mark
	closed    bool
}

func (x *texts) value(row int64) string {
	return strings.Repeat(fmt.Sprintf("%x.", uint64(row)*0x9e3779b97f4a7c15), x.width/17+1)
}

func (r *textReader) Next(context.Context) (arrow.Record, error) {
	if r.next == r.end {
		return nil, io.EOF
	}
	to := min(r.end, r.next+r.x.batches)
	if r.x.failAt > 0 && to > r.x.failAt {
		return nil, fmt.Errorf("row %d: 3 fields where 4 were expected", r.x.failAt)
	}
	var b array.Builder = array.NewStringBuilder(memory.DefaultAllocator)
	if r.next/r.x.batches%3 != 1 {
		b = array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String})
	}
	for row := r.next; row < to; row++ {
		if err := b.AppendValueFromString(r.x.value(row)); err != nil {
			return nil, err
		}
	}
	r.marks = append(r.marks, source.Mark{Row: r.next, Offset: r.next * 10})
	n := to - r.next
	r.next = to
	col := b.NewArray()
	return array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: col.DataType(), Nullable: true}}, nil), []arrow.Array{col}, n), nil
}

func (r *textReader) Marks() []source.Mark { return r.marks }

func (r *textReader) Close() error {
	if !r.closed {
		r.closed = true
		r.x.open.Add(-1)
	}
	return nil
}

// readAll checks every value and returns the number of rows and the marks.
func readAll(ctx context.Context, x *texts, r source.Reader, from int64) (rows int64, err error) {
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for i := range int(rec.NumRows()) {
			if got, want := rec.Column(0).ValueStr(i), x.value(from+rows); got != want {
				return rows, fmt.Errorf("row %d: %q, want %q", from+rows, got, want)
			}
			rows++
		}
		rec.Release()
	}
}

func TestShip(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		for _, x := range []*texts{
			{width: 20, batches: 1000},
			{width: 20_000, batches: 100},   // batches of 2 MB: more than a message
			{width: 3_000_000, batches: 10}, // rows of more than a message
		} {
			total := int64(20_000_000 / max(x.width, 1000))
			shipper, err := connect().ServeTable("j", nil, x)
			if err != nil {
				t.Fatal(err)
			}
			opener := connect().TableOpener("j")
			var wg sync.WaitGroup
			for i := range int64(3) { // workers
				wg.Go(func() {
					r, err := opener.Open(t.Context(), nil, source.Split{Skip: i * 7, Rows: total}, []string{"x"})
					if err != nil {
						t.Error(err)
						return
					}
					defer r.Close()
					n, err := readAll(t.Context(), x, r, i*7)
					if err != nil || n != total {
						t.Errorf("width %d: %d rows of %d, %v", x.width, n, total, err)
					}
					if want := (total + x.batches - 1) / x.batches; int64(len(r.Marks())) != want {
						t.Errorf("%d marks, want %d", len(r.Marks()), want)
					}
				})
			}
			wg.Wait()
			if x.open.Load() != 0 {
				t.Errorf("%d readers stayed open", x.open.Load())
			}
			shipper.Close()
		}
	})
}

func TestShipEnds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		x := &texts{width: 1000, batches: 1000, failAt: 30_000}
		shipper, err := connect().ServeTable("j", nil, x)
		if err != nil {
			t.Fatal(err)
		}
		opener := connect().TableOpener("j")
		open := func(ctx context.Context, s source.Split) source.Reader {
			r, err := opener.Open(ctx, nil, s, []string{"x"})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		// Nothing to read.
		r := open(t.Context(), source.Split{})
		if n, err := readAll(t.Context(), x, r, 0); n != 0 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		r.Close()
		// The source's own words, after the rows before.
		r = open(t.Context(), source.Split{Rows: 100_000})
		n, err := readAll(t.Context(), x, r, 0)
		if err == nil || !strings.Contains(err.Error(), "row 30000: 3 fields") || Transient(err) {
			t.Errorf("%d rows, %v", n, err)
		}
		r.Close()
		// What cannot be opened.
		r = open(t.Context(), source.Split{File: 99})
		if _, err := r.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "file 99") {
			t.Errorf("%v", err)
		}
		r.Close()
		// Cancelled, and abandoned in the middle.
		ctx, cancel := context.WithCancel(t.Context())
		r = open(ctx, source.Split{Rows: 25_000})
		if rec, err := r.Next(ctx); err != nil {
			t.Error(err)
		} else {
			rec.Release()
		}
		cancel()
		for range 100 {
			if _, err = r.Next(ctx); err != nil {
				break
			}
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		open(t.Context(), source.Split{Rows: 25_000}).Close()
		r.Close()
		for end := time.Now().Add(2 * time.Second); x.open.Load() != 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if x.open.Load() != 0 {
			t.Errorf("%d readers stayed open", x.open.Load())
		}
		left := open(t.Context(), source.Split{Rows: 25_000})
		if rec, err := left.Next(t.Context()); err != nil {
			t.Error(err)
		} else {
			rec.Release()
		}
		shipper.Close()
		if x.open.Load() != 0 {
			t.Errorf("%d readers stayed open after the job", x.open.Load())
		}
		left.Close()
	})
}

// TestShipLostReplies: a chunk can be asked for again while it is outstanding.
func TestShipLostReplies(t *testing.T) {
	t.Parallel()
	x := &texts{width: 1000, batches: 100}
	srv, err := StartServer("")
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	conn, err := srv.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	shipper, err := conn.ServeTable("j", nil, x)
	if err != nil {
		t.Fatal(err)
	}
	defer shipper.Close()
	r := &shipReader{conn: conn, subject: jobSubject("j", "ship"), ctx: t.Context()}
	q := shipRequest{Reader: NewID(), Split: source.Split{Rows: 20_000}, Columns: []string{"x"}}
	var first [][]byte
	for range 2 {
		for q.Seq = range shipAhead {
			h, body, err := r.fetch(q)
			if err != nil || h.Seq != q.Seq || h.Failure != nil {
				t.Fatalf("%+v, %v", h, err)
			}
			if len(first) < shipAhead {
				first = append(first, body)
			} else if !slices.Equal(first[q.Seq], body) {
				t.Errorf("chunk %d differs when asked for again", q.Seq)
			}
		}
	}
	q.Seq = 1000
	if h, _, err := r.fetch(q); err != nil || !h.End {
		t.Errorf("beyond the end: %+v, %v", h, err)
	}
}
