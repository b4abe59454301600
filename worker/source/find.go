package source

import (
	"context"
	"fmt"
	"os"
)

// Find looks at the inputs and returns the table that they are: its files,
// format, columns and splits. Several files must have the same format and
// columns. The caller closes the table when nothing reads it any more.
//
// Cost: Parquet and Arrow, the metadata of each file; CSV, its first 64 KiB
// and, beyond one split, one pass at memory speed that counts quotes. Stdin,
// compressed files and text in other encodings than UTF-8 are copied to
// spec.TempDir first.
func Find(ctx context.Context, spec Spec) (*Table, error) {
	switch spec.Format {
	case "", CSV, Parquet, Arrow:
	default:
		return nil, fmt.Errorf("unknown format %q; give csv, parquet or arrow", spec.Format)
	}
	paths, err := Expand(spec.Inputs)
	if err != nil {
		return nil, err
	}
	spool := &spooler{spec: &spec}
	t, err := find(ctx, &spec, paths, spool)
	if err != nil {
		os.RemoveAll(spool.dir)
		return nil, err
	}
	t.spoolDir = spool.dir
	return t, nil
}

func find(ctx context.Context, spec *Spec, paths []string, spool *spooler) (*Table, error) {
	t := &Table{}
	for i, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in, err := spool.prepare(ctx, path)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			t.Format = in.format
		} else if in.format != t.Format {
			return nil, fmt.Errorf("%s is %s but %s is %s; tables read together need one format", t.Files[0].Name, t.Format, in.Name, in.format)
		}
		t.Files = append(t.Files, in.File)
		if err := t.addFile(ctx, spec, i); err != nil {
			if changed := (&watch{file: &t.Files[i]}).unchanged(); changed != nil {
				return nil, changed
			}
			return nil, err
		}
	}
	if len(t.Splits) == 0 {
		if t.Format == CSV {
			return nil, fmt.Errorf("%s: a header and %w below it", t.Files[0].Name, ErrNoRows)
		}
		return nil, fmt.Errorf("%s: %w", t.Files[0].Name, ErrNoRows)
	}
	return t, nil
}

// addFile reads what file i says about itself, checks it against the first file
// and appends its splits.
func (t *Table) addFile(ctx context.Context, spec *Spec, i int) error {
	file := &t.Files[i]
	f, err := os.Open(file.Path)
	if err != nil {
		return notFound(file.Name, err)
	}
	defer f.Close()
	var found shape
	switch t.Format {
	case CSV:
		found, err = findCSV(ctx, t, spec, i, f)
	case Parquet:
		found, err = findParquet(file, f)
	case Arrow:
		found, err = findArrow(ctx, spec, file, f)
	}
	if err != nil {
		return err
	}
	if len(found.columns) == 0 {
		return fmt.Errorf("%s: no column that can be read %v", file.Name, found.skipped)
	}
	if err := uniqueNames(file.Name, found.columns); err != nil {
		return err
	}
	if i == 0 {
		t.Columns, t.Skipped = found.columns, found.skipped
	} else if err := sameColumns(&t.Files[0], t.Columns, file, found.columns); err != nil {
		return err
	}
	for _, s := range found.splits {
		s.File = i
		t.Splits = append(t.Splits, s)
	}
	return nil
}

// shape is what one file says about itself.
type shape struct {
	columns []Column
	skipped []string
	splits  []Split
}

func uniqueNames(file string, columns []Column) error {
	seen := make(map[string]int, len(columns))
	for i, c := range columns {
		if first, ok := seen[c.Name]; ok {
			return fmt.Errorf("%s: columns %d and %d are both named %q; rename one", file, first+1, i+1, c.Name)
		}
		seen[c.Name] = i
	}
	return nil
}

// sameColumns returns an error that names both files and the first column in
// which they differ.
func sameColumns(first *File, want []Column, file *File, got []Column) error {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("%s has a column %q that %s lacks; tables read together need the same columns in the same order", first.Name, want[i].Name, file.Name)
		case i >= len(want):
			return fmt.Errorf("%s has a column %q that %s lacks; tables read together need the same columns in the same order", file.Name, got[i].Name, first.Name)
		case want[i] != got[i]:
			return fmt.Errorf("column %d is %s in %s but %s in %s; tables read together need the same columns in the same order",
				i+1, want[i], first.Name, got[i], file.Name)
		}
	}
	return nil
}

// String returns name and type, as in messages.
func (c Column) String() string {
	if c.Type == Decimal {
		return fmt.Sprintf("%q (decimal, %d digits after the point)", c.Name, c.Scale)
	}
	return fmt.Sprintf("%q (%s)", c.Name, c.Type)
}
