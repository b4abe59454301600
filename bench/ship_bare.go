package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// The payloads of the wire: chunks of chunkBytes, of which a reader has
// outstanding requests for so many.
const (
	chunkBytes  = 1 << 20
	outstanding = 4
)

// bareRequests sends so many chunks, each as the reply to a request, to several
// readers, and returns the seconds.
func bareRequests(ctx context.Context, url string, readers, chunks int) (float64, error) {
	server, clients, closeAll, err := dial(url, readers)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	payload := make([]byte, chunkBytes)
	sub, err := server.Subscribe("bench.request", func(m *nats.Msg) { _ = m.Respond(payload) }) // a lost reply fails the request
	if err != nil {
		return 0, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection closes
	if err := server.Flush(); err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(chunks))
	errs := make([]error, readers*outstanding)
	begin := time.Now()
	for i := range errs {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				m, err := clients[i%readers].RequestWithContext(ctx, "bench.request", nil)
				if err == nil && len(m.Data) != chunkBytes {
					err = fmt.Errorf("%d bytes of %d arrived", len(m.Data), chunkBytes)
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin).Seconds(), errors.Join(errs...)
}

// barePublish publishes so many chunks, spread over several readers, and
// returns the seconds until all have arrived.
func barePublish(ctx context.Context, url string, readers, chunks int) (float64, error) {
	server, clients, closeAll, err := dial(url, readers)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	arrived := make(chan struct{}, chunks)
	for i, c := range clients {
		sub, err := c.Subscribe(fmt.Sprintf("bench.publish.%d", i), func(*nats.Msg) { arrived <- struct{}{} })
		if err == nil {
			// Everything may be waiting at a slow reader.
			err = sub.SetPendingLimits(-1, -1)
		}
		if err = errors.Join(err, c.Flush()); err != nil {
			return 0, err
		}
	}
	payload := make([]byte, chunkBytes)
	begin := time.Now()
	// The server drops a client that falls far behind: no more than this is
	// under way at a time.
	const window = 16
	for sent := range chunks {
		if sent >= window {
			if err := receive(ctx, arrived); err != nil {
				return 0, err
			}
		}
		if err := server.Publish(fmt.Sprintf("bench.publish.%d", sent%readers), payload); err != nil {
			return 0, err
		}
	}
	for range min(window, chunks) {
		if err := receive(ctx, arrived); err != nil {
			return 0, err
		}
	}
	return time.Since(begin).Seconds(), nil
}

func receive(ctx context.Context, arrived <-chan struct{}) error {
	select {
	case <-arrived:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(10 * time.Second):
		return errors.New("a published message did not arrive within 10 s")
	}
}

// dial connects the sender and the readers.
func dial(url string, readers int) (sender *nats.Conn, clients []*nats.Conn, closeAll func(), err error) {
	closeAll = func() {
		for _, c := range clients {
			c.Close()
		}
		if sender != nil {
			sender.Close()
		}
	}
	if sender, err = nats.Connect(url); err != nil {
		return nil, nil, nil, err
	}
	for range readers {
		c, err := nats.Connect(url)
		if err != nil {
			closeAll()
			return nil, nil, nil, err
		}
		clients = append(clients, c)
	}
	return sender, clients, closeAll, nil
}
