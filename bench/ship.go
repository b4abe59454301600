package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/source/synthetic"
	"github.com/headwater-dev/headwater/worker/wire"
)

// shipFlags say what is shipped.
type shipFlags struct {
	rows     string
	features int
	readers  []int
	repeat   int
}

func shipCommand(s *show) *cobra.Command {
	var f shipFlags
	cmd := &cobra.Command{
		Use:   "ship",
		Short: "Record batches over NATS, beside the bare throughput of the same payloads",
		Long: `bench ship serves a table of generated customers from memory to readers, as a
coordinator does for workers that cannot open the source (--ship): Arrow IPC
with LZ4, cut into chunks, by request and reply, checked and decoded at the
other end. Server, coordinator and readers are in this process, each on a TCP
connection of its own.

The same bytes then go over the same server in the bare client: by request and
reply with as many requests outstanding, and published one way.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runShip(cmd, s, f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.rows, "rows", "1m", "rows of the table; the first 256k of them are made and served in turn")
	flags.IntVar(&f.features, "features", 20, "features")
	flags.IntSliceVar(&f.readers, "readers", []int{1, 2}, "workers that read at the same time, each a part of the rows")
	flags.IntVar(&f.repeat, "repeat", 3, "measurements, of which the fastest counts")
	return cmd
}

// shipFigure is what one way of sending took.
type shipFigure struct {
	Way       string  `json:"way"` // ship, request, publish
	Readers   int     `json:"readers"`
	Seconds   float64 `json:"seconds"`
	Bytes     int64   `json:"bytes"` // on the wire
	GB        float64 `json:"gb_per_s"`
	ArrowGB   float64 `json:"arrow_gb_per_s,omitempty"` // of record batches as they lie in memory
	RowsPerS  float64 `json:"rows_per_s,omitempty"`
	OfRequest float64 `json:"of_request"` // of the throughput of way request
	Spread    float64 `json:"spread"`
}

func runShip(cmd *cobra.Command, s *show, f shipFlags) error {
	rows, err := synthetic.ParseRows(f.rows)
	if err != nil {
		return &usageError{err}
	}
	if f.repeat < 1 || len(f.readers) == 0 || slices.Min(f.readers) < 1 || slices.Max(f.readers) > 16 {
		return usage("--repeat %d --readers %v: at least 1, at most 16 readers", f.repeat, f.readers)
	}
	if f.features < 1 || f.features > synthetic.MaxFeatures {
		return usage("--features %d: from 1 to %d", f.features, synthetic.MaxFeatures)
	}
	t, err := newShipTable(cmd.Context(), rows, f.features)
	if err != nil {
		return err
	}
	defer t.release()
	server, err := wire.StartServer("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	var figures []shipFigure
	for _, readers := range f.readers {
		more, err := measureShip(cmd.Context(), server.URL(), t, readers, f.repeat)
		if err != nil {
			return err
		}
		figures = append(figures, more...)
	}
	if s.json {
		return writeJSON(cmd.OutOrStdout(), figures)
	}
	s.header(cmd.OutOrStdout())
	showShip(cmd.OutOrStdout(), s, t, figures)
	return nil
}

func showShip(w io.Writer, s *show, t *shipTable, figures []shipFigure) {
	fmt.Fprintf(w, "%s rows, %.0f bytes a row in Arrow, %.1f on the wire\n\n",
		count(t.rows), float64(t.bytes())/float64(t.rows), float64(figures[0].Bytes)/float64(t.rows))
	names := map[string]string{
		wayShip: "record batches", wayRequest: "bare request/reply", wayPublish: "bare publish",
	}
	var rows [][]string
	for _, f := range figures {
		rows = append(rows, []string{
			names[f.Way], count(f.Readers), seconds(f.Seconds), figure(f.GB), figure(f.ArrowGB),
			figure(f.RowsPerS / 1e6), percent(f.OfRequest), percent(f.Spread),
		})
	}
	s.table(w, 1, []string{"way", "readers", "seconds", "GB/s", "Arrow GB/s", "M rows/s", "of request/reply", "spread"}, rows)
}

// The ways of sending.
const (
	wayShip    = "ship"
	wayRequest = "request"
	wayPublish = "publish"
)

// measureShip measures all ways, in turn, so that a busy moment hits each.
func measureShip(ctx context.Context, url string, t *shipTable, readers, repeat int) ([]shipFigure, error) {
	var took [3]sample
	var sent int64
	var chunks int
	for range repeat {
		begin := time.Now()
		n, err := ship(ctx, url, t, readers)
		if err != nil {
			return nil, err
		}
		took[0].Seconds = append(took[0].Seconds, time.Since(begin).Seconds())
		sent, chunks = n, max(1, int((n+chunkBytes-1)/chunkBytes))
		for i, bare := range []func(context.Context, string, int, int) (float64, error){bareRequests, barePublish} {
			seconds, err := bare(ctx, url, readers, chunks)
			if err != nil {
				return nil, err
			}
			took[i+1].Seconds = append(took[i+1].Seconds, seconds)
		}
	}
	figures := []shipFigure{{Way: wayShip, Bytes: sent}, {Way: wayRequest}, {Way: wayPublish}}
	for i := range figures {
		f := &figures[i]
		if f.Way != wayShip {
			f.Bytes = int64(chunks) * chunkBytes
		}
		f.Readers, f.Seconds, f.Spread = readers, took[i].best(), took[i].spread()
		f.GB = float64(f.Bytes) / f.Seconds / 1e9
	}
	figures[0].ArrowGB = float64(t.bytes()) / figures[0].Seconds / 1e9
	figures[0].RowsPerS = float64(t.rows) / figures[0].Seconds
	for i := range figures {
		figures[i].OfRequest = figures[i].GB / figures[1].GB
	}
	return figures, nil
}

// ship reads the whole table through the wire and returns the bytes sent.
func ship(ctx context.Context, url string, t *shipTable, readers int) (int64, error) {
	coordinator, err := wire.Connect(ctx, url, 0)
	if err != nil {
		return 0, err
	}
	defer coordinator.Close()
	shipper, err := coordinator.ServeTable("bench", nil, t)
	if err != nil {
		return 0, err
	}
	defer shipper.Close()
	var wg sync.WaitGroup
	var rows atomic.Int64
	errs := make([]error, readers)
	for i := range readers {
		wg.Go(func() {
			conn, err := wire.Connect(ctx, url, 0)
			if err != nil {
				errs[i] = err
				return
			}
			defer conn.Close()
			from, to := t.rows*int64(i)/int64(readers), t.rows*int64(i+1)/int64(readers)
			n, err := readAll(ctx, conn.TableOpener("bench"), source.Split{Skip: from, Rows: to - from}, t.columns)
			rows.Add(n)
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	if rows.Load() != t.rows {
		return 0, fmt.Errorf("%d rows arrived of %d", rows.Load(), t.rows)
	}
	return shipper.Sent(), nil
}

func readAll(ctx context.Context, opener source.Opener, s source.Split, columns []string) (rows int64, err error) {
	r, err := opener.Open(ctx, nil, s, columns)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += rec.NumRows()
		rec.Release()
	}
}

// shipTable is a table in memory: a few record batches, served in turn until
// there are enough rows.
type shipTable struct {
	rows    int64
	batches []arrow.Record
	columns []string
}

// batchesHeld bounds the record batches in memory.
const batchesHeld = 4

func newShipTable(ctx context.Context, rows int64, features int) (*shipTable, error) {
	t := &shipTable{rows: rows}
	config := synthetic.Config{Rows: min(rows, batchesHeld*source.MaxBatchRows), Features: features, Seed: 1}
	_, err := synthetic.Batches(ctx, config, func(r arrow.Record) error {
		r.Retain()
		t.batches = append(t.batches, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, field := range t.batches[0].Schema().Fields() {
		t.columns = append(t.columns, field.Name)
	}
	return t, nil
}

func (t *shipTable) release() {
	for _, b := range t.batches {
		b.Release()
	}
}

// bytes returns what all rows take in memory, dictionaries left aside.
func (t *shipTable) bytes() int64 {
	var n, rows int64
	for _, b := range t.batches {
		rows += b.NumRows()
		for _, c := range b.Columns() {
			for _, buffer := range c.Data().Buffers() {
				if buffer != nil {
					n += int64(buffer.Len())
				}
			}
		}
	}
	return int64(float64(n) / float64(rows) * float64(t.rows))
}

// Open serves the rows [Skip, Skip+Rows).
func (t *shipTable) Open(_ context.Context, _ *source.Table, s source.Split, _ []string) (source.Reader, error) {
	return &shipTableReader{t, s.Skip, s.Skip + s.Rows}, nil
}

type shipTableReader struct {
	*shipTable
	next, end int64
}

func (r *shipTableReader) Next(context.Context) (arrow.Record, error) {
	if r.next == r.end {
		return nil, io.EOF
	}
	b := r.batches[r.next/source.MaxBatchRows%int64(len(r.batches))]
	from := min(r.next%source.MaxBatchRows, b.NumRows()-1)
	to := min(b.NumRows(), from+r.end-r.next)
	r.next += to - from
	return b.NewSlice(from, to), nil
}

func (r *shipTableReader) Marks() []source.Mark { return nil }
func (r *shipTableReader) Close() error         { return nil }
