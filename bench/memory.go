package main

import (
	"bytes"
	"os"
	"strconv"
)

// peakMemory returns the most memory that this process has held, in bytes; 0
// where the system does not tell (all but Linux).
func peakMemory() int64 { return memory("VmHWM:") }

// residentMemory is the memory that it holds now.
func residentMemory() int64 { return memory("VmRSS:") }

func memory(what string) int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte(what))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
