package synthetic

import (
	"bytes"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// member is a row of the file that says who is in which segment or cluster.
type member struct {
	ID      int64  `parquet:"customer_id"`
	Segment int32  `parquet:"segment"`
	Name    string `parquet:"segment_name"`
}

// membersOf makes a table and returns it, and who is where in it.
func membersOf(t *testing.T, c Config) (table, []member) {
	t.Helper()
	c.Out = filepath.Join(t.TempDir(), "t.arrow")
	if _, err := Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	members, err := parquet.ReadFile[member](MembersPath(c.Out))
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(members)) != c.Rows {
		t.Fatalf("%d members of %d rows", len(members), c.Rows)
	}
	return makeTable(t, c), members
}

// counted holds the truth's figures of a segment or cluster against the table.
func counted(t *testing.T, m table, members []member, parts []Part) {
	t.Helper()
	n, responded, cents := make([]int64, len(parts)), make([]int64, len(parts)), make([]int64, len(parts))
	for row, who := range members {
		at := who.Segment - 1
		if who.Name != parts[at].Name || strconv.FormatInt(who.ID, 10) != m.columns[ID][row] {
			t.Fatalf("row %d: %+v, but segment %d is %s and the id %s", row, who, who.Segment, parts[at].Name, m.columns[ID][row])
		}
		n[at]++
		if m.columns[Responded][row] == "yes" {
			responded[at]++
		}
		v, err := strconv.ParseFloat(m.columns[Revenue][row], 64)
		if err != nil {
			t.Fatal(err)
		}
		cents[at] += int64(math.Round(v * 100))
	}
	for i, p := range parts {
		rows := int64(len(members))
		if p.N != n[i] || p.Responded != responded[i] || p.Revenue != decimal(cents[i]) || p.Share != ratio(n[i], rows) || p.Rate != ratio(responded[i], n[i]) {
			t.Errorf("%s: counted %d of whom %d responded, revenue %s: the truth says %+v", p.Name, n[i], responded[i], decimal(cents[i]), p)
		}
		if p.Share < 0.03 || p.Share > 0.30 {
			t.Errorf("%s: share %.3f is not between 3 and 30 %%", p.Name, p.Share)
		}
	}
}

func TestSegmentsAreTheirRules(t *testing.T) {
	m, members := membersOf(t, Config{Rows: 60_000, Features: 26, Seed: 6, Plant: PlantSegments})
	counted(t, m, members, m.truth.Segments)
	if len(m.truth.Planted) != 0 || len(m.truth.Clusters) != 0 {
		t.Errorf("groups or clusters in a table of segments: %+v", m.truth)
	}
	for row, who := range members {
		for i, s := range m.truth.Segments {
			holds := true
			for _, c := range s.Rule {
				holds = holds && slices.Contains(c.Levels, m.columns[c.Column][row])
			}
			if holds != (i == int(who.Segment)-1) {
				t.Fatalf("row %d is in segment %d: the rule of segment %d says %v", row, who.Segment, i+1, holds)
			}
		}
	}
	for i, s := range m.truth.Segments {
		// The main effects are there as well, and are uneven.
		if want := segments[i].rate; math.Abs(s.Rate-want) > 0.03 {
			t.Errorf("%s: rate %.3f, want about %.3f", s.Name, s.Rate, want)
		}
		if want := float64(segments[i].weight) / 1000; math.Abs(s.Share-want) > 0.005 {
			t.Errorf("%s: share %.3f, want about %.3f", s.Name, s.Share, want)
		}
	}
}

func TestClustersHaveTheirDistributions(t *testing.T) {
	const rows = 60_000
	m, members := membersOf(t, Config{Rows: rows, Features: 23, Seed: 7, Plant: PlantClusters})
	counted(t, m, members, m.truth.Clusters)
	for i, c := range m.truth.Clusters {
		if math.Abs(c.Rate-clusters[i].rate) > 0.01 {
			t.Errorf("%s: rate %.3f, want about %.3f", c.Name, c.Rate, clusters[i].rate)
		}
		for _, want := range c.Numbers {
			n, sum, squares := 0.0, 0.0, 0.0
			for row, v := range m.columns[want.Column] {
				if x, err := strconv.ParseFloat(v, 64); err == nil && int(members[row].Segment) == i+1 {
					n, sum, squares = n+1, sum+x, squares+x*x
				}
			}
			mean := sum / n
			sd := math.Sqrt(squares/n - mean*mean)
			// What is cut off at zero lies at least one deviation from the mean.
			if math.Abs(mean-want.Mean) > 0.1*want.SD || math.Abs(sd-want.SD) > 0.15*want.SD {
				t.Errorf("%s, %s: mean %.2f and deviation %.2f, want %.2f and %.2f", c.Name, want.Column, mean, sd, want.Mean, want.SD)
			}
		}
		for _, want := range c.Levels {
			n, known := 0.0, 0.0
			for row, v := range m.columns[want.Column] {
				if int(members[row].Segment) == i+1 && v != "" {
					known++
					if v == want.Level {
						n++
					}
				}
			}
			if math.Abs(n/known-want.Share) > 0.02 {
				t.Errorf("%s, %s=%s: share %.3f, want %.3f", c.Name, want.Column, want.Level, n/known, want.Share)
			}
		}
	}
	for _, missing := range m.truth.Missing {
		empty := 0.0
		for _, v := range m.columns[missing.Column] {
			if v == "" {
				empty++
			}
		}
		if math.Abs(empty/rows-missing.Rate) > 0.005 {
			t.Errorf("%s: %.4f missing, stated %.3f", missing.Column, empty/rows, missing.Rate)
		}
	}
}

func TestNormalIsNormal(t *testing.T) {
	const n = 200_000
	var within [4]float64
	sum := 0.0
	for i := range uint64(n) {
		x := float64(normal(1_000_000, 100_000, mix(i)))/100_000 - 10
		sum += x
		for z := range within {
			if math.Abs(x) < float64(z) {
				within[z] += 1.0 / n
			}
		}
	}
	for z, want := range []float64{0, 0.6827, 0.9545, 0.9973} {
		if math.Abs(within[z]-want) > 0.003 {
			t.Errorf("%.4f lie within %d deviations, want %.4f", within[z], z, want)
		}
	}
	if math.Abs(sum/n) > 0.01 {
		t.Errorf("the mean is off by %.4f deviations", sum/n)
	}
}

// A row of a seed is the same in tables of any length, and so is its place.
func TestPlantedTablesAreBeginningsOfLongerOnes(t *testing.T) {
	for _, plant := range []Plant{PlantSegments, PlantClusters} {
		c := Config{Rows: 3000, Features: 20, Seed: 5, Plant: plant, Workers: 3}
		short, few := membersOf(t, c)
		c.Rows, c.Workers = 20_000, 1
		long, many := membersOf(t, c)
		if !slices.Equal(few, many[:3000]) {
			t.Errorf("%s: the members differ", plant)
		}
		for name := range maps.Keys(short.columns) {
			if !slices.Equal(short.columns[name], long.columns[name][:3000]) {
				t.Errorf("%s: column %s differs", plant, name)
			}
		}
	}
}

func TestPlantedBytesDoNotDependOnWorkers(t *testing.T) {
	for _, plant := range []Plant{PlantSegments, PlantClusters} {
		var all [2][]byte
		for i, workers := range []int{1, 3} {
			c := Config{Rows: rowGroupRows + 77, Features: segmentTraits, Seed: 3, Plant: plant, Workers: workers, Out: filepath.Join(t.TempDir(), "t.parquet")}
			if _, err := Write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			all[i] = slices.Concat(read(t, c.Out), read(t, TruthPath(c.Out)), read(t, MembersPath(c.Out)))
		}
		if !bytes.Equal(all[0], all[1]) {
			t.Errorf("%s: 3 workers made other files than 1", plant)
		}
	}
}

func TestMembersOfAnEarlierTableGo(t *testing.T) {
	c := Config{Rows: 10, Features: 20, Plant: PlantClusters, Out: filepath.Join(t.TempDir(), "t.csv")}
	for _, want := range []int{3, 2} {
		if _, err := Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if left := leftovers(t, filepath.Dir(c.Out)); len(left) != want {
			t.Errorf("%s: %v", c.Plant, left)
		}
		c.Plant = PlantGroups
	}
	if _, err := os.Stat(MembersPath(c.Out)); err == nil {
		t.Error("the members of another table are still there")
	}
}

func TestPlantsThatCannotBe(t *testing.T) {
	for want, c := range map[string]Config{
		`plant: "gold" is not one of groups, segments, clusters`:         {Rows: 1, Features: 20, Plant: "gold", Out: "t.csv"},
		"features: 12 are too few: segments are planted in the first 13": {Rows: 1, Features: 12, Plant: PlantSegments, Out: "t.csv"},
		"features: 11 are too few: clusters are planted in the first 12": {Rows: 1, Features: 11, Plant: PlantClusters, Out: "t.csv"},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
