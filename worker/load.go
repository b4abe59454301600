package worker

import (
	"context"
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// LoadShard reads a shard's pieces, encodes their rows and builds the resident
// shard. Errors name the piece.
func LoadShard(ctx context.Context, table *source.Table, opener source.Opener, plan *encoder.Plan, s wire.Shard) (*shard.Shard, error) {
	enc, err := encoder.New(plan, table.Columns)
	if err != nil {
		return nil, err
	}
	builder := shard.NewBuilder(s.ID, plan)
	ordinal := s.First
	var rows encoder.Rows
	for _, piece := range s.Pieces {
		n, err := loadPiece(ctx, table, opener, enc, piece, ordinal, &rows, builder)
		if err != nil {
			return nil, err
		}
		if piece.Rows >= 0 && n != piece.Rows {
			return nil, fmt.Errorf("%s: %d rows where %d were found before: %w", table.Files[piece.File].Name, n, piece.Rows, source.ErrChanged)
		}
		ordinal += n
	}
	return builder.Build(), nil
}

func loadPiece(ctx context.Context, table *source.Table, opener source.Opener, enc *encoder.Encoder, piece source.Split, ordinal int64, rows *encoder.Rows, builder *shard.Builder) (n int64, err error) {
	r, err := opener.Open(ctx, table, piece, enc.Columns())
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		err = enc.Encode(rec, ordinal+n, rows)
		n += rec.NumRows()
		rec.Release()
		if err != nil {
			return n, err
		}
		if err := builder.Append(rows); err != nil {
			return n, err
		}
	}
}
