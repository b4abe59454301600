package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/coordinator/search"
)

// cell is what is known of one combination of levels.
type cell struct{ rows, sum int64 }

// cells are the results of an engine, by the group's name ("f01=3 & f02=0").
type cells map[string]cell

func (t *peerTask) writeGroups(r *resident, groups *search.Groups) error {
	file, err := os.Create(t.groupsPath())
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	return errors.Join(r.write(w, groups), w.Flush(), file.Close())
}

// readGroups reads groups.parquet.
func readGroups(path, metric string) (cells, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	table, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var at [3]int
	for i, name := range []string{"group", "n", "sum_" + metric} {
		column, ok := table.Schema().Lookup(name)
		if !ok {
			return nil, fmt.Errorf("%s: column %s is not there", path, name)
		}
		at[i] = column.ColumnIndex
	}
	found := make(cells, table.NumRows())
	for _, group := range table.RowGroups() {
		names, err1 := values(group, at[0])
		counts, err2 := values(group, at[1])
		sums, err3 := values(group, at[2])
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for i, name := range names {
			found[string(name.ByteArray())] = cell{counts[i].Int64(), sums[i].Int64()}
		}
	}
	return found, nil
}

// values reads one column of a row group.
func values(group parquet.RowGroup, column int) ([]parquet.Value, error) {
	pages := group.ColumnChunks()[column].Pages()
	defer pages.Close()
	var all []parquet.Value
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		part := make([]parquet.Value, page.NumValues())
		n, err := page.Values().ReadValues(part)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		for _, v := range part[:n] {
			all = append(all, v.Clone())
		}
	}
}

// compareCSV compares the cells with those of a file of "group,rows,sum" lines,
// and returns how many there are.
func (c cells) compareCSV(path string) (n int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	seen := make(map[string]bool, len(c))
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, theirs, err := parseCell(lines.Text())
		if err != nil {
			return n, fmt.Errorf("%s: %w", path, err)
		}
		ours, ok := c[name]
		switch {
		case !ok:
			return n, fmt.Errorf("%s: %d rows, sum %d, is not in groups.parquet", name, theirs.rows, theirs.sum)
		case ours != theirs:
			return n, fmt.Errorf("%s: %d rows, sum %d in groups.parquet; %d rows, sum %d", name, ours.rows, ours.sum, theirs.rows, theirs.sum)
		case seen[name]:
			return n, fmt.Errorf("%s: twice", name)
		}
		seen[name] = true
		n++
	}
	if err := lines.Err(); err != nil {
		return n, err
	}
	if n != int64(len(c)) {
		return n, fmt.Errorf("%d cells, %d in groups.parquet", n, len(c))
	}
	return n, nil
}

func parseCell(line string) (name string, c cell, err error) {
	fields := strings.Split(line, ",")
	if len(fields) != 3 {
		return "", c, fmt.Errorf("line %q is not group,rows,sum", line)
	}
	rows, err1 := strconv.ParseInt(fields[1], 10, 64)
	sum, err2 := strconv.ParseInt(fields[2], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return "", c, fmt.Errorf("line %q: %w", line, err)
	}
	return fields[0], cell{rows, sum}, nil
}
