package synthetic

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
)

// append appends a value as text; a missing value is empty.
func (c *column) append(dst []byte, v int32) []byte {
	switch {
	case v == null:
		return dst
	case c.kind == text:
		return append(dst, c.levels[v]...)
	case c.kind == date:
		return time.Unix(int64(v)*24*60*60, 0).UTC().AppendFormat(dst, time.DateOnly)
	case c.kind == money:
		return appendMoney(dst, int64(v))
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

// packing is how one piece of CSV is compressed. Every piece is a gzip member
// or zstd frame of its own: pieces are compressed in parallel, and such files
// may be concatenated by their formats' definitions.
type packing func(csv []byte) ([]byte, error)

func plain(csv []byte) ([]byte, error) { return csv, nil }

func gzipped(csv []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(csv); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func zstandard(csv []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.EncodeAll(csv, nil), nil
}

// csvPiece is the finished text of some rows and what was planted in them.
type csvPiece struct {
	data  []byte
	tally tally
}

// writeCSV writes a header and comma-separated rows; nothing needs quotes.
func writeCSV(pack packing) encode {
	return func(ctx context.Context, c Config, g *generator, w io.Writer, total *tally) error {
		blocks := newPool(g.newBlock)
		produce := func(_ context.Context, i int64) (piece csvPiece, err error) {
			b := blocks.get()
			defer blocks.put(b)
			g.fill(b, i*blockRows, int(min(blockRows, c.Rows-i*blockRows)))
			var csv []byte
			if i == 0 {
				csv = g.appendHeader(csv)
			}
			piece.data, err = pack(g.appendRows(csv, b))
			piece.tally = b.tally
			return piece, err
		}
		return inOrder(ctx, c.workers(), pieces(c.Rows, blockRows), produce, func(p csvPiece) error {
			if _, err := w.Write(p.data); err != nil {
				return err
			}
			total.add(&p.tally)
			c.report(total.rows)
			return nil
		})
	}
}

func (g *generator) appendHeader(dst []byte) []byte {
	dst = append(dst, ID...)
	for i := range g.columns {
		dst = append(append(dst, ','), g.columns[i].name...)
	}
	return append(dst, '\n')
}

func (g *generator) appendRows(dst []byte, b *block) []byte {
	for i := range b.rows {
		dst = strconv.AppendInt(dst, firstID+b.first+int64(i), 10)
		for j := range g.columns {
			dst = g.columns[j].append(append(dst, ','), b.values[j][i])
		}
		dst = append(dst, '\n')
	}
	return dst
}
