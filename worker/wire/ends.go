package wire

import (
	"context"
	"encoding/json"

	"github.com/nats-io/nats.go"
)

// ServeJob makes this connection the coordinator's end of a job: handle is
// called for one message at a time and gives the reply when it can, from any
// goroutine. Stop returns once no call is running.
func (c *Conn) ServeJob(job string, handle func(m ToCoordinator, reply func(Reply))) (stop func(), err error) {
	return c.subscribe(jobSubject(job, "c"), func(msg *nats.Msg) {
		reply := func(r Reply) { respond(msg, r) }
		m, err := parseToCoordinator(msg.Data)
		if err != nil {
			reply(Reply{Refused: RefusedInvalid, Detail: err.Error()})
			return
		}
		handle(m, reply)
	})
}

// ServeWorker makes this connection a worker's end: handle is called for one
// message at a time and must not block.
func (c *Conn) ServeWorker(incarnation string, handle func(ToWorker) Reply) (stop func(), err error) {
	return c.subscribe(workerSubject(incarnation), func(msg *nats.Msg) {
		m, err := parseToWorker(msg.Data)
		if err != nil {
			respond(msg, Reply{Refused: RefusedInvalid, Detail: err.Error()})
			return
		}
		respond(msg, handle(m))
	})
}

// Ask delivers a message to a worker, again and again until it has replied,
// the context ends or the connection is lost.
func (c *Conn) Ask(ctx context.Context, incarnation string, m ToWorker) error {
	_, err := c.deliver(ctx, workerSubject(incarnation), m)
	return err
}

// Tell sends a message to a worker that may be lost without harm.
func (c *Conn) Tell(incarnation string, m ToWorker) error {
	return c.publish(workerSubject(incarnation), m)
}

// Report delivers a message to the coordinator, again and again until it has
// replied, the context ends or the connection is lost.
func (c *Conn) Report(ctx context.Context, job string, m ToCoordinator) (Reply, error) {
	return c.deliver(ctx, jobSubject(job, "c"), m)
}

// Mention sends a message to the coordinator that may be lost without harm.
func (c *Conn) Mention(job string, m ToCoordinator) error {
	return c.publish(jobSubject(job, "c"), m)
}

// OnNotice calls f for the notices of a job.
func (c *Conn) OnNotice(job string, f func(Notice)) (stop func(), err error) {
	return c.subscribe(jobSubject(job, "notice"), func(msg *nats.Msg) {
		var n Notice
		if json.Unmarshal(msg.Data, &n) == nil { // what cannot be read is not for this version
			f(n)
		}
	})
}

// OnJobs calls f when a job may have begun.
func (c *Conn) OnJobs(f func()) (stop func(), err error) {
	return c.subscribe(jobsSubject, func(*nats.Msg) { f() })
}

// respond answers a message that asks for it. A reply that gets lost is asked
// for again.
func respond(msg *nats.Msg, r Reply) {
	if msg.Reply == "" {
		return
	}
	if data, err := json.Marshal(r); err == nil {
		_ = msg.Respond(data)
	}
}
