package source

import "sync"

// pageRoom is the memory in which the pages of a column chunk are read. It is
// used again for the next chunk.
type pageRoom struct {
	window []byte // of the file, as stored
	plain  []byte // a page, decompressed
	levels []byte
	bytes  []uint8 // dictionary indexes of a page
	ints   []int32 // likewise
}

// keptRoom bounds the memory that is kept for other chunks, in bytes a buffer.
const keptRoom = 8 << 20

var rooms = sync.Pool{New: func() any { return new(pageRoom) }}

// takeRoom returns room that nobody uses.
func takeRoom() *pageRoom {
	r := rooms.Get().(*pageRoom)
	r.window = r.window[:0]
	return r
}

// giveBack leaves the room to others.
func (r *pageRoom) giveBack() {
	if max(cap(r.window), cap(r.plain), cap(r.levels), cap(r.bytes), 4*cap(r.ints)) <= keptRoom {
		rooms.Put(r)
	}
}

// grown returns *room with a length of n; what it holds is anything.
func grown[T any](room *[]T, n int) []T {
	if cap(*room) < n {
		*room = make([]T, n)
	}
	*room = (*room)[:n]
	return *room
}
