package main

import (
	"runtime"
	"slices"
	"time"
)

// started is an origin for clocks.
var started = time.Now()

// effort is how long a measurement may take.
type effort struct {
	repetitions int
	each        time.Duration // of one repetition
}

// sample is what the repetitions of one measurement took.
type sample struct {
	Calls   int       `json:"calls"`   // in one repetition
	Seconds []float64 `json:"seconds"` // a call, in the order measured
}

// measure calls do, which computes on its goroutine alone, in repetitions of
// about e.each, after some to warm up. It takes the thread's own time where the
// system tells it.
func (e effort) measure(do func()) sample {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	calls := 1
	for { // find how many calls fill a repetition
		took := timed(calls, do)
		if took >= e.each/2 || calls >= 1<<30 {
			break
		}
		calls = max(calls+1, min(calls*16, int(float64(calls)*float64(e.each)/float64(max(took, time.Microsecond)))))
	}
	s := sample{Calls: calls}
	for range e.repetitions {
		s.Seconds = append(s.Seconds, timed(calls, do).Seconds()/float64(calls))
	}
	return s
}

func timed(calls int, do func()) time.Duration {
	begin := threadTime()
	for range calls {
		do()
	}
	return max(threadTime()-begin, time.Nanosecond)
}

// best returns the seconds of the fastest call.
func (s sample) best() float64 { return slices.Min(s.Seconds) }

// spread returns how much slower the median was than the best: 0.1 = 10 %.
func (s sample) spread() float64 {
	sorted := slices.Sorted(slices.Values(s.Seconds))
	return sorted[len(sorted)/2]/sorted[0] - 1
}
