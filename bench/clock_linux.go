package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime returns how long the calling thread has computed: what it waits
// while others use the processor does not count. Call it, before and after, on
// a goroutine that is locked to its thread. About 0.3 µs.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return time.Since(started) // every Linux has the clock
	}
	return time.Duration(t.Nano())
}
