package wire

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// MaxDecoded bounds the size of a decoded message in bytes, so that a corrupt
// one cannot exhaust the memory.
const MaxDecoded = 4 << 30

// The first byte of what Encode writes says how the rest is to be read.
const (
	isZstd  = 1 << iota
	isOwn   // by the type's own encoding, else by gob
	unknown // and above: none so far
)

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

// Encode turns op parameters and partials into bytes: by their own binary
// encoding or gob, then zstd.
func Encode(v any) ([]byte, error) {
	plain, err := encodePlain(v)
	if err != nil {
		return nil, err
	}
	data := append(make([]byte, 0, len(plain)/2+64), plain[0]|isZstd)
	return coders().enc.EncodeAll(plain[1:], data), nil
}

// Encode is the function Encode, but without compression where the server is in
// this process: nothing is gained by less bytes there.
func (c *Conn) Encode(v any) ([]byte, error) {
	if c.embedded {
		return encodePlain(v)
	}
	return Encode(v)
}

func encodePlain(v any) (data []byte, err error) {
	if own, ok := v.(encoding.BinaryAppender); ok {
		data, err = own.AppendBinary([]byte{isOwn})
	} else {
		b := bytes.NewBuffer([]byte{0})
		err = gob.NewEncoder(b).Encode(v)
		data = b.Bytes()
	}
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return data, nil
}

// Decode reads what Encode wrote into v, a pointer.
func Decode(data []byte, v any) error {
	own, ok := v.(encoding.BinaryUnmarshaler)
	plain, err := decompress(data, ok)
	switch {
	case err != nil:
	case ok:
		err = own.UnmarshalBinary(plain)
	default:
		err = gob.NewDecoder(bytes.NewReader(plain)).Decode(v)
	}
	if err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

// Merge adds what Encode wrote of a partial to another of the type, without
// making it first.
func Merge(data []byte, into interface{ MergeBinary(data []byte) error }) error {
	plain, err := decompress(data, true)
	if err == nil {
		err = into.MergeBinary(plain)
	}
	if err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}

var errEncoding = errors.New("not in the encoding of this type")

// decompress returns what follows the first byte, which must fit the type.
func decompress(data []byte, own bool) ([]byte, error) {
	if len(data) == 0 || data[0] >= unknown || (data[0]&isOwn != 0) != own {
		return nil, errEncoding
	}
	if data[0]&isZstd == 0 {
		return data[1:], nil
	}
	return coders().dec.DecodeAll(data[1:], nil)
}
