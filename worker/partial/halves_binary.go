package partial

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// AppendBinary encodes both halves: the bytes of the first, as a number of
// eight bytes, then the first and the second.
func (h Halves) AppendBinary(b []byte) ([]byte, error) {
	at := len(b)
	b = slices.Grow(b, 4*len(h.Discovery.N)*(1+len(h.Discovery.Measures))+256)
	b, err := h.Discovery.AppendBinary(append(b, make([]byte, 8)...))
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	binary.LittleEndian.PutUint64(b[at:], uint64(len(b)-at-8))
	if b, err = h.Confirmation.AppendBinary(b); err != nil {
		return nil, fmt.Errorf("confirmation: %w", err)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing, as gob asks for it.
func (h Halves) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

// UnmarshalBinary decodes what AppendBinary wrote.
func (h *Halves) UnmarshalBinary(data []byte) error {
	*h = Halves{}
	return h.each(data, (*Counts).UnmarshalBinary)
}

// MergeBinary adds halves that AppendBinary wrote, as Merge does, without
// making them first. After an error the counts mean nothing.
func (h *Halves) MergeBinary(data []byte) error { return h.each(data, (*Counts).MergeBinary) }

// concurrently is the size in bytes from which each half is decoded on a core
// of its own.
const concurrently = 64 << 10

func (h *Halves) each(data []byte, do func(*Counts, []byte) error) error {
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return fmt.Errorf("counts on two parts: %w", errDamaged)
	}
	first, second := data[8:][:binary.LittleEndian.Uint64(data)], data[8+binary.LittleEndian.Uint64(data):]
	var errFirst, errSecond error
	var wg sync.WaitGroup
	if len(data) >= concurrently {
		wg.Go(func() { errSecond = do(&h.Confirmation, second) })
	} else {
		errSecond = do(&h.Confirmation, second)
	}
	errFirst = do(&h.Discovery, first)
	wg.Wait()
	switch {
	case errFirst != nil:
		return fmt.Errorf("discovery: %w", errFirst)
	case errSecond != nil:
		return fmt.Errorf("confirmation: %w", errSecond)
	}
	return nil
}
