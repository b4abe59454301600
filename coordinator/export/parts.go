package export

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// partsDir is where workers leave parts, within the staging folder: those that
// are not taken go with it.
const partsDir = "parts"

// Parts prepares the folder for workers that share the disk.
func (f *Folder) Parts(string) (*wire.PartPlace, error) {
	place := &wire.PartPlace{Folder: filepath.Join(f.staging, partsDir), Out: f.path, Token: rand.Text()}
	if err := os.MkdirAll(place.Folder, 0o777); err != nil {
		return nil, f.fail(AssignmentsDir, err)
	}
	if err := writeDurably(filepath.Join(place.Folder, wire.TokenFile), []byte(place.Token)); err != nil {
		return nil, f.fail(AssignmentsDir, err)
	}
	return place, nil
}

// Take moves the part to its name, which tells the split alone.
func (f *Folder) Take(p *partial.Part) (ManifestPart, error) {
	base := fmt.Sprintf("part-%05d.parquet", p.Unit)
	name := AssignmentsDir + "/" + base
	if p.Left == nil {
		return f.takeContent(p, base)
	}
	part := ManifestPart{Name: base, Rows: p.Rows, Bytes: p.Left.Bytes, SHA256: p.Left.SHA256}
	left := filepath.Join(f.staging, partsDir, p.Left.Name)
	info, err := os.Stat(left)
	switch {
	case filepath.Base(p.Left.Name) != p.Left.Name:
		return part, fmt.Errorf("assignments: the part of split %d is not among those that were left: %q", p.Unit, p.Left.Name)
	case err != nil:
		return part, f.fail(name, err)
	case info.Size() != p.Left.Bytes:
		return part, f.fail(name, fmt.Errorf("a worker left %d bytes, of which %d are here: the disk lost some", p.Left.Bytes, info.Size()))
	}
	staged := filepath.Join(f.staging, newDir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(staged), 0o777); err != nil {
		return part, f.fail(name, err)
	}
	if err := os.Rename(left, staged); err != nil {
		return part, f.fail(name, err)
	}
	f.outputs = append(f.outputs, Output{name, part.Bytes, part.SHA256})
	return part, nil
}

// takeContent writes a part that came with its worker's answer.
func (f *Folder) takeContent(p *partial.Part, base string) (ManifestPart, error) {
	part, err := contentOf(p)
	if err != nil {
		return part, err
	}
	part.Name = base
	out, err := f.Create(AssignmentsDir + "/" + base)
	if err != nil {
		return part, err
	}
	if _, err := out.Write(p.Bytes); err != nil {
		_ = out.Close() // would say the same again
		return part, err
	}
	return part, out.Close()
}

// contentOf describes a part that came with its worker's answer.
func contentOf(p *partial.Part) (ManifestPart, error) {
	if magic := []byte("PAR1"); len(p.Bytes) < 12 || !bytes.HasPrefix(p.Bytes, magic) || !bytes.HasSuffix(p.Bytes, magic) {
		return ManifestPart{}, fmt.Errorf("assignments: the part of split %d is no whole Parquet file (%d bytes)", p.Unit, len(p.Bytes))
	}
	hash := sha256.Sum256(p.Bytes)
	return ManifestPart{Rows: p.Rows, Bytes: int64(len(p.Bytes)), SHA256: hex.EncodeToString(hash[:])}, nil
}

// errLocalOnly is why a command does not write to a bucket.
var errLocalOnly = errors.New("this command writes to a folder: name one with --out, and copy it afterwards")
