package source

import (
	"fmt"
	"runtime/debug"
)

// recoverAs turns a panic into an error. Decoders of other people meet bytes
// that their writers never made, and panic.
func recoverAs(err *error, format string, args ...any) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %v", fmt.Sprintf(format, args...), p)
	}
}

// faultsPanic makes an invalid memory access by this goroutine a panic, not the
// end of the process, until the returned function is called. Assembly in
// decoders does not check bounds.
func faultsPanic() (restore func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}
