package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/headwater-dev/headwater/worker/source"
)

// writeAs makes the table as a file of a format, Parquet or CSV, in a folder
// and returns its path.
func (g generated) writeAs(ctx context.Context, format source.Format, folder string) (string, error) {
	if format == source.CSV {
		return g.writeCSV(ctx, folder)
	}
	return g.write(ctx, folder)
}

// writeCSV makes the table that write makes as CSV with a header.
func (g generated) writeCSV(ctx context.Context, folder string) (path string, err error) {
	path = filepath.Join(folder, fmt.Sprintf("%d-%d-%d-%d.csv", g.Rows, g.Features, g.Least, g.Most))
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	defer func() { err = errors.Join(err, out.Flush(), file.Close()) }()
	names := []string{amounts}
	for f := range g.Features {
		names = append(names, g.name(f))
	}
	fmt.Fprintln(out, strings.Join(append(names, yesNo), ","))
	row, line := make([]int32, g.Features+2), []byte(nil)
	for i := range (g.Rows + rowsPerGroup - 1) / rowsPerGroup {
		if err := ctx.Err(); err != nil {
			return "", context.Cause(ctx)
		}
		r := g.random(i)
		for range min(rowsPerGroup, g.Rows-i*rowsPerGroup) {
			g.draw(r, row)
			line = line[:0]
			for _, v := range row {
				line = append(strconv.AppendInt(line, int64(v), 10), ',')
			}
			line[len(line)-1] = '\n'
			if _, err := out.Write(line); err != nil {
				return "", err
			}
		}
	}
	return path, nil
}
