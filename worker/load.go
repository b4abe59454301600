package worker

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// LoadShard reads a shard's pieces, encodes their rows and builds the resident
// shard. Progress is told the rows read since the last call.
func LoadShard(ctx context.Context, table *source.Table, opener source.Opener, plan *encoder.Plan, s wire.Shard, progress func(rows int64)) (*shard.Shard, error) {
	enc, err := encoder.New(plan, table.Columns)
	if err != nil {
		return nil, err
	}
	l := &loader{table: table, opener: opener, enc: enc, builder: shard.NewBuilder(s.ID, plan), progress: progress}
	rows := int64(0)
	for _, piece := range s.Pieces {
		rows += max(piece.Rows, 0)
	}
	l.builder.Expect(int(min(rows, maxExpected)))
	ordinal := s.First
	for _, piece := range s.Pieces {
		n, err := l.load(ctx, piece, ordinal)
		if err != nil {
			return nil, err
		}
		if piece.Rows >= 0 && n != piece.Rows {
			return nil, fmt.Errorf("%s: %d rows where %d were found before: %w", table.Files[piece.File].Name, n, piece.Rows, source.ErrChanged)
		}
		ordinal += n
	}
	return l.builder.Build(), nil
}

// maxExpected bounds the rows that room is made for before any was read: a file's
// word for their number may be wrong.
const maxExpected = 1 << 24

// loader is what the pieces of a shard share.
type loader struct {
	table    *source.Table
	opener   source.Opener
	enc      *encoder.Encoder
	builder  *shard.Builder
	progress func(rows int64)
}

// load appends the rows of one piece, whose first has the given ordinal, and
// returns how many there were.
func (l *loader) load(ctx context.Context, piece source.Split, ordinal int64) (n int64, err error) {
	r, err := l.opener.Open(ctx, l.table, piece, l.enc.Columns())
	if err != nil {
		return 0, err
	}
	defer r.Close()
	source.Compact(r)
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		read := rec.NumRows()
		err = l.builder.Extend(int(read), func(rows *encoder.Rows) error { return l.enc.Encode(rec, ordinal+n, rows) })
		rec.Release()
		if err != nil {
			return n, err
		}
		n += read
		l.progress(read)
	}
}
