package worker

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"syscall"

	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/wire"
)

// opener opens splits here, or through the coordinator what cannot be opened
// here.
type opener struct {
	here, there source.Opener
	log         *slog.Logger
	said        sync.Once
}

func newOpener(cfg *Config, desc *wire.Job) source.Opener {
	there := cfg.Conn.TableOpener(desc.ID)
	if desc.Ship {
		return there
	}
	return &opener{here: cfg.Opener, there: there, log: cfg.Log}
}

func (o *opener) Open(ctx context.Context, t *source.Table, s source.Split, columns []string) (source.Reader, error) {
	r, err := o.here.Open(ctx, t, s, columns)
	if err == nil || !outOfReach(err) {
		return r, err
	}
	o.said.Do(func() {
		o.log.Info("the source cannot be opened here and is read through the coordinator", "reason", err)
	})
	return o.there.Open(ctx, t, s, columns)
}

// outOfReach says whether an error means that this machine has not the file,
// or not the same one. The coordinator will find out if it has changed.
func outOfReach(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, source.ErrNotFound) || errors.Is(err, source.ErrChanged)
}

// transient says whether the same work can succeed elsewhere or later: trouble
// with the connection, with a disk or a bucket, not with the data.
func transient(err error) bool {
	var errno syscall.Errno
	return wire.Transient(err) || errors.Is(err, store.ErrTrouble) || errors.As(err, &errno)
}
