//go:build !linux

package main

import "time"

// threadTime is the time that has passed where the system tells no time of
// threads.
func threadTime() time.Duration { return time.Since(started) }
