package engine

import (
	"context"
	"errors"
	"time"

	"github.com/headwater-dev/headwater/worker/wire"
)

// watchEnd tells the workers as soon as the job is over, for whatever reason.
func (e *Engine) watchEnd() {
	<-e.ctx.Done()
	e.end()
}

// endTimeout bounds what is done for the sake of order once a job is over.
const endTimeout = 5 * time.Second

// end publishes how the job ended and removes what it left on the server.
func (e *Engine) end() {
	e.ended.Do(func() {
		state := wire.JobCancelled
		if errors.Is(context.Cause(e.ctx), ErrClosed) {
			state = wire.JobEnded
		}
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		defer cancel()
		if e.term != nil {
			if err := e.term.End(ctx, state); err != nil {
				e.cfg.Log.Warn("the end of the job could not be recorded", "error", err)
			}
		}
		if e.local != nil {
			e.local()
		}
	})
}

// Close ends the job: workers are told, leases and entries removed, and every
// goroutine and connection of the engine has ended when it returns. It may be
// called more than once, but not from within accept.
func (e *Engine) Close() error {
	e.closed.Do(func() {
		e.cancel(ErrClosed)
		e.turn <- struct{}{}
		e.end()
		e.wg.Wait()
		e.err = e.release()
	})
	return e.err
}

func (e *Engine) release() error {
	if e.leases != nil {
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		if err := e.leases.Delete(ctx); err != nil {
			e.cfg.Log.Warn("the leases of the job could not be removed", "error", err)
		}
		cancel()
	}
	for _, stop := range e.stops {
		stop()
	}
	if e.ship != nil {
		e.ship.Close()
	}
	if e.blobs != nil {
		e.blobs.Close()
	}
	if e.conn != nil {
		e.conn.Close()
	}
	if e.server != nil {
		return e.server.Close()
	}
	return nil
}
