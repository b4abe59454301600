package engine_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"go.uber.org/goleak"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// numbers is a table in memory: row i holds the number i and its last digit.
type numbers struct {
	fail func(s source.Split) error // on opening; nil = never
}

const batchRows = 1000

func numbersTable(rows, splits int64) *source.Table {
	t := &source.Table{
		Format:  source.Parquet,
		Files:   []source.File{{Path: "/nowhere/numbers.parquet", Name: "numbers.parquet"}},
		Columns: []source.Column{{Name: "n", Type: source.Int}, {Name: "digit", Type: source.Text}},
	}
	for i := range splits {
		from, to := rows*i/splits, rows*(i+1)/splits
		t.Splits = append(t.Splits, source.Split{Unit: int(i), Skip: from, Rows: to - from})
	}
	return t
}

func (o numbers) Open(_ context.Context, _ *source.Table, s source.Split, columns []string) (source.Reader, error) {
	if o.fail != nil {
		if err := o.fail(s); err != nil {
			return nil, err
		}
	}
	return &numbersReader{next: s.Skip, end: s.Skip + s.Rows, columns: columns}, nil
}

type numbersReader struct {
	next, end int64
	columns   []string
}

func (r *numbersReader) Next(ctx context.Context) (arrow.Record, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if r.next == r.end {
		return nil, io.EOF
	}
	from, to := r.next, min(r.end, r.next+batchRows)
	r.next = to
	var fields []arrow.Field
	var cols []arrow.Array
	for _, name := range r.columns {
		if name == "n" {
			b := array.NewInt64Builder(memory.DefaultAllocator)
			for i := from; i < to; i++ {
				b.Append(i)
			}
			cols = append(cols, b.NewArray())
		} else {
			b := array.NewStringBuilder(memory.DefaultAllocator)
			for i := from; i < to; i++ {
				b.Append(strconv.FormatInt(i%10, 10))
			}
			cols = append(cols, b.NewArray())
		}
		fields = append(fields, arrow.Field{Name: name, Type: cols[len(cols)-1].DataType(), Nullable: true})
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, to-from), nil
}

func (r *numbersReader) Marks() []source.Mark { return nil }
func (r *numbersReader) Close() error         { return nil }

func numbersPlan() *encoder.Plan {
	digit := encoder.Feature{Name: "digit", Column: "digit", Kind: encoder.Category}
	for d := range 10 {
		digit.Levels = append(digit.Levels, encoder.Level{Name: strconv.Itoa(d), Value: strconv.Itoa(d)})
	}
	return &encoder.Plan{
		Features: []encoder.Feature{digit},
		Measures: []encoder.Measure{{Name: "n", Column: "n"}},
	}
}

// numbersShards are shards of whole splits.
func numbersShards(t *source.Table, splitsEach int) (shards []wire.Shard) {
	for i := 0; i < len(t.Splits); i += splitsEach {
		shards = append(shards, wire.Shard{
			ID: len(shards), First: t.Splits[i].Skip, Pieces: t.Splits[i:min(i+splitsEach, len(t.Splits))],
		})
	}
	return shards
}

// tally is the partial of the test's ops.
type tally struct{ Rows, Sum int64 }

func wantTally(rows int64) tally { return tally{rows, rows * (rows - 1) / 2} }

// tallyParams slow an op down, or make it fail.
type tallyParams struct {
	Pause time.Duration // a batch or shard
	Fail  string
	Panic bool
}

// tallyOp counts rows and adds their numbers, over splits or shards.
func tallyOp(ctx context.Context, env *ops.Env, _ string, data []byte) (any, error) {
	var p tallyParams
	if len(data) > 0 {
		if err := wire.Decode(data, &p); err != nil {
			return nil, err
		}
	}
	pause := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(p.Pause):
			return nil
		}
	}
	if p.Fail != "" {
		return nil, fmt.Errorf("%s", p.Fail)
	}
	if p.Panic {
		panic("out of range")
	}
	var out tally
	for _, s := range env.Splits {
		r, err := env.Opener.Open(ctx, env.Table, s, []string{"n"})
		if err != nil {
			return nil, err
		}
		for {
			rec, err := r.Next(ctx)
			if err == io.EOF {
				break
			}
			if err == nil {
				err = pause()
			}
			if err != nil {
				r.Close()
				return nil, err
			}
			for _, n := range rec.Column(0).(*array.Int64).Int64Values() {
				out.Rows++
				out.Sum += n
			}
			env.Progress(rec.NumRows())
			rec.Release()
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	for _, sh := range env.Shards {
		if err := pause(); err != nil {
			return nil, err
		}
		for _, n := range sh.Values(0, nil) {
			out.Rows++
			out.Sum += n
		}
		env.Progress(int64(sh.Rows()))
	}
	return out, nil
}

// add returns an accept function that adds answers up.
func (t *tally) add(answer []byte) error {
	var other tally
	if err := wire.Decode(answer, &other); err != nil {
		return err
	}
	t.Rows += other.Rows
	t.Sum += other.Sum
	return nil
}

func overSplits(ctx context.Context, e *engine.Engine, t *source.Table, p tallyParams) (out tally, err error) {
	err = e.OverSplits(ctx, "tally", p, t.Splits, func(_ []int, answer []byte) error { return out.add(answer) })
	return out, err
}

func overShards(ctx context.Context, e *engine.Engine, p tallyParams) (out tally, err error) {
	err = e.OverShards(ctx, "tally", p, out.add)
	return out, err
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// cluster is an external server with workers, each on its own connection.
type cluster struct {
	t      *testing.T
	server *wire.Server
	wg     sync.WaitGroup
	opener source.Opener
}

func newCluster(t *testing.T) *cluster {
	srv, err := wire.StartServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, server: srv, opener: numbers{}}
	t.Cleanup(func() {
		c.wg.Wait()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// start starts a worker. Kill cuts its connection first, so that it can
// neither say that it goes nor give anything back; drain lets it leave in order.
func (c *cluster) start(name string, slots int) (kill, drain func()) {
	c.t.Helper()
	conn, err := wire.Connect(c.t.Context(), c.server.URL(), 0)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.wg.Go(func() {
		defer conn.Close()
		err := worker.Run(ctx, worker.Config{
			Conn: conn, Name: name, Slots: slots, Log: testLog(c.t), Opener: c.opener, Op: tallyOp,
		})
		if err != nil && ctx.Err() == nil {
			c.t.Errorf("worker %s: %v", name, err)
		}
	})
	stop := sync.OnceFunc(cancel)
	c.t.Cleanup(stop)
	return func() { cancel(); conn.Close() }, stop
}

func (c *cluster) config() engine.Config {
	return engine.Config{URL: c.server.URL(), AckWait: time.Second, TTL: time.Second, Wait: 5 * time.Second, Log: testLog(c.t)}
}

// localConfig is the configuration of local mode.
func localConfig(t *testing.T, workers int) engine.Config {
	return engine.Config{
		Workers: workers, Log: testLog(t), Wait: 5 * time.Second,
		Local: func(ctx context.Context, conn *wire.Conn, slots int) error {
			return worker.Run(ctx, worker.Config{Conn: conn, Slots: slots, Log: testLog(t), Opener: numbers{}, Op: tallyOp})
		},
	}
}

// closing closes an engine when the test is over.
func closing(t *testing.T, e *engine.Engine) {
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
