package worker

import (
	"bytes"
	"os"
	"strconv"
)

// memoryLimit returns the bytes of memory that this process may use: that of
// the machine, or of its control group where that is less; 4 GiB where neither
// can be told.
func memoryLimit() int64 {
	limit := int64(4 << 30)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		if f := bytes.Fields(data); len(f) > 1 && string(f[0]) == "MemTotal:" {
			if kib, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
				limit = kib << 10
			}
		}
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if data, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64); err == nil && n > 0 { // "max": no limit
				limit = min(limit, n)
			}
		}
	}
	return limit
}
