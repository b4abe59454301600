package synthetic

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// inOrder makes pieces 0 … n−1 on several goroutines and hands them to take
// one at a time in ascending order. At most 2 × workers + 2 pieces exist at a
// time. The first error, or the end of ctx, stops everything.
func inOrder[T any](ctx context.Context, workers int, n int64, produce func(ctx context.Context, i int64) (T, error), take func(T) error) error {
	type job struct {
		i   int64
		out chan<- T
	}
	jobs, queue := make(chan job), make(chan (<-chan T), workers)
	eg, ctx := errgroup.WithContext(ctx)
	eg.Go(func() error {
		defer close(jobs)
		defer close(queue)
		for i := range n {
			out := make(chan T, 1)
			select {
			case queue <- out:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			select {
			case jobs <- job{i, out}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	for range workers {
		eg.Go(func() error {
			for j := range jobs {
				piece, err := produce(ctx, j.i)
				if err != nil {
					return err
				}
				j.out <- piece
			}
			return nil
		})
	}
	eg.Go(func() error {
		for out := range queue {
			select {
			case piece := <-out:
				if err := take(piece); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	return eg.Wait()
}

// pieces is how many pieces of a size make up a number of rows.
func pieces(rows, size int64) int64 { return (rows + size - 1) / size }

// pool keeps what is expensive to make for reuse. Unlike sync.Pool it never
// gives up what it holds, and holds no more than were in use at one time.
type pool[T any] struct {
	mu   sync.Mutex
	free []T
	make func() T
}

func newPool[T any](make func() T) *pool[T] { return &pool[T]{make: make} }

func (p *pool[T]) get() T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		v := p.free[n-1]
		p.free = p.free[:n-1]
		return v
	}
	return p.make()
}

func (p *pool[T]) put(v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, v)
}
