package wire

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// MaxDecoded bounds the size of a decoded message in bytes, so that a corrupt
// one cannot exhaust the memory.
const MaxDecoded = 4 << 30

var coders = sync.OnceValue(func() (c struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
},
) {
	// Options are constants, so neither call can fail.
	c.enc, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	c.dec, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxDecoded))
	return c
})

// Encode turns op parameters and partials into bytes: gob, then zstd.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return coders().enc.EncodeAll(b.Bytes(), nil), nil
}

// Decode reads what Encode wrote into v, a pointer.
func Decode(data []byte, v any) error {
	b, err := coders().dec.DecodeAll(data, nil)
	if err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}
