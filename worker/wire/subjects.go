package wire

import (
	"crypto/rand"
	"encoding/hex"
)

// Version is the version of the protocol and of the contracts between ops and
// drivers. Coordinator and worker must agree on it exactly: a worker of
// another version is refused.
const Version = "2"

// The subjects, all below "hw1", the generation of the scheme itself. Programs
// whose schemes differ never hear each other.
//
//	hw1.w.<incarnation>         messages to one worker (ToWorker), answered with Reply
//	hw1.w.<incarnation>.blob    chunks of the answers it keeps (blobRequest)
//	hw1.j.<job>.c               messages to the job's coordinator (ToCoordinator), answered with Reply
//	hw1.j.<job>.blob            chunks of parameters, plan and descriptor (blobRequest)
//	hw1.j.<job>.ship            chunks of the table (shipRequest)
//	hw1.j.<job>.notice          to all workers of the job (Notice)
//	hw1.j.<job>.lease.<shard>   messages of the lease stream, see Leases
//	hw1.jobs                    a job has begun: idle workers look at the bucket (empty message)
//
// The streams are "hw1-lease-<job>"; the key-value buckets "hw1-workers" (key:
// incarnation) and "hw1-jobs" (key: job).
const (
	prefix        = "hw1."
	jobsSubject   = prefix + "jobs"
	workersBucket = "hw1-workers"
	jobsBucket    = "hw1-jobs"
)

func workerSubject(incarnation string) string     { return prefix + "w." + incarnation }
func workerBlobSubject(incarnation string) string { return prefix + "w." + incarnation + ".blob" }
func jobSubject(job, what string) string          { return prefix + "j." + job + "." + what }
func leaseStream(job string) string               { return leaseStreams + job }

// leaseStreams begins the name of every job's stream of leases.
const leaseStreams = "hw1-lease-"

// NewID returns a random name: 64 bits in hex.
func NewID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// Incarnation returns the name under which one slot of a worker takes part in
// one job: the worker's name, made fit for a subject, and a random part, so
// that a restarted namesake does not vouch for what its predecessor held.
func Incarnation(name string) string {
	clean := make([]byte, 0, len(name))
	for i := 0; i < len(name) && i < 64; i++ {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			clean = append(clean, c)
		default:
			clean = append(clean, '_')
		}
	}
	return string(clean) + "-" + NewID()
}
