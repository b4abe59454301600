package kmeans

import (
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Result is a finished clustering. Clusters stand in order of size, the
// largest first; where initial rows were named, in the order of these.
type Result struct {
	Scaling     string               `json:"scaling"`
	Axes        []Axis               `json:"axes"`        // as the coordinates
	Coordinates []encoder.Coordinate `json:"coordinates"` // how a number becomes a place
	OneHot      []OneHot             `json:"one_hot"`     // features that take part by their levels

	K          int       `json:"k"`
	Options    []Option  `json:"options"` // numbers of clusters considered
	Inertia    float64   `json:"inertia"` // sum of squared distances from the means of the clusters
	Total      float64   `json:"total"`   // the same of all customers as one cluster
	Explained  float64   `json:"explained"`
	Iterations int       `json:"iterations"`
	Converged  bool      `json:"converged"`
	Refilled   int       `json:"refilled,omitempty"` // iterations in which an empty cluster was begun anew
	History    []float64 `json:"history"`            // inertia by iteration, on all customers
	Clusters   []Cluster `json:"clusters"`
	Features   []Effect  `json:"features"`        // what tells the clusters apart, the most telling first
	Tree       *Tree     `json:"tree,omitempty"`  // with as many leaves as clusters
	Finer      *Tree     `json:"finer,omitempty"` // with twice as many
	Notes      []string  `json:"notes,omitempty"`

	// Centres decide: a row belongs to the nearest one, of equally near ones to
	// the first. In places of the coordinates and shares of the one-hot levels.
	Centres Centres `json:"centres"`

	Counts *partial.Segments `json:"-"` // of the clusters, over all rows
	Space  *Space            `json:"-"`

	Deciding wire.Centres `json:"-"` // Centres, as they travel
}

// OneHot is a feature that takes part by its levels.
type OneHot struct {
	Feature int     `json:"feature"` // index into Plan.Features
	Name    string  `json:"name"`
	Weight  float64 `json:"weight"` // two customers of different levels are 2·Weight apart, squared
}

// Centres are cluster by cluster.
type Centres struct {
	Places [][]float64 `json:"places"` // cluster → coordinate
	Shares [][]float64 `json:"shares"` // cluster → level of the one-hot features, feature by feature, missing first
}

// Option is one number of clusters.
type Option struct {
	K          int      `json:"k"`
	Inertia    float64  `json:"inertia"`
	Explained  float64  `json:"explained"`
	Silhouette float64  `json:"silhouette"`          // simplified: by distances from centres
	Stability  *float64 `json:"stability,omitempty"` // adjusted Rand index of clusters found on two halves of the customers apart
	Smallest   float64  `json:"smallest"`            // share of the smallest cluster
	Iterations int      `json:"iterations"`
	Eligible   bool     `json:"eligible"`
}

// Cluster is one cluster.
type Cluster struct {
	N       int64        `json:"n"`
	Share   float64      `json:"share"`
	Means   []float64    `json:"means"`   // coordinate → mean in the column's own unit, missing values at the centre
	Levels  []LevelShare `json:"levels"`  // of the one-hot features
	Effects []Effect     `json:"effects"` // what tells it from the rest, the strongest first
}

// LevelShare is how many of a cluster's customers have a level.
type LevelShare struct {
	Feature int     `json:"feature"` // index into Plan.Features
	Code    int     `json:"code"`
	Share   float64 `json:"share"`
}

// Effect is how a coordinate or a one-hot feature sets customers apart.
type Effect struct {
	Name string   `json:"name"`
	Eta2 float64  `json:"eta2"`        // share of its variance that lies between the clusters (or between this one and the rest)
	Z    *float64 `json:"z,omitempty"` // coordinates of one cluster: mean − mean of the others, in standard deviations
}

// fill enters what the sums say of the clusters.
func (r *Result) fill(u *run, t *total) {
	s := r.Space
	r.K, r.Inertia, r.Total = u.K, u.inertia, t.within
	if t.within > 0 {
		r.Explained = 1 - u.inertia/t.within
	}
	r.Iterations, r.Converged, r.History, r.Refilled = len(u.history)+u.refilled, u.converged, u.history, u.refilled
	for k, n := range u.sums.N {
		c := Cluster{N: n, Share: float64(n) / float64(t.n), Means: []float64{}, Levels: []LevelShare{}}
		for j := range s.Plan.Coordinates {
			c.Means = append(c.Means, s.Plan.Coordinates[j].Value(float64(u.sums.Sum[k*s.dims()+j])/float64(n)))
		}
		at := k * s.codes
		for _, o := range s.OneHot {
			for code := range s.Plan.Features[o.Feature].Codes() {
				c.Levels = append(c.Levels, LevelShare{o.Feature, code, float64(u.sums.Levels[at]) / float64(n)})
				at++
			}
		}
		c.Effects = s.effects(t, &u.sums, []int{k})
		r.Clusters = append(r.Clusters, c)
		r.Centres.Places = append(r.Centres.Places, u.Places[k*s.dims():][:s.dims()])
		r.Centres.Shares = append(r.Centres.Shares, u.Shares[k*s.codes:][:s.codes])
	}
	r.Deciding = u.Centres
	every := make([]int, u.K)
	for k := range every {
		every[k] = k
	}
	r.Features = s.effects(t, &u.sums, every)
}

// effects returns, for each coordinate and one-hot feature, the share of its
// variance between the listed clusters, the others being taken together.
func (s *Space) effects(t *total, sums *partial.LloydRun, clusters []int) []Effect {
	var out []Effect
	var rest float64 // rows of the others
	rest = float64(t.n)
	for _, k := range clusters {
		rest -= float64(sums.N[k])
	}
	for j, c := range s.Plan.Coordinates {
		all := 0.0
		for k := range sums.N {
			all += float64(sums.Sum[k*s.dims()+j])
		}
		n := float64(t.n)
		variance := t.squares[j] - float64(all*all)/n
		between, others := -float64(all*all)/n, all
		for _, k := range clusters {
			x := float64(sums.Sum[k*s.dims()+j])
			between += float64(x*x) / float64(sums.N[k])
			others -= x
		}
		if rest > 0 {
			between += float64(others*others) / rest
		}
		e := Effect{Name: c.Name, Eta2: share(between, variance)}
		if len(clusters) == 1 && rest > 0 && variance > 0 {
			k := clusters[0]
			z := (float64(sums.Sum[k*s.dims()+j])/float64(sums.N[k]) - others/rest) / math.Sqrt(variance/n)
			e.Z = &z
		}
		out = append(out, e)
	}
	at := 0
	for _, o := range s.OneHot {
		codes := s.Plan.Features[o.Feature].Codes()
		variance, between := float64(t.n), 0.0
		for code := range codes {
			all := 0.0
			for k := range sums.N {
				all += float64(sums.Levels[k*s.codes+at+code])
			}
			variance -= float64(all*all) / float64(t.n)
			between -= float64(all*all) / float64(t.n)
			others := all
			for _, k := range clusters {
				m := float64(sums.Levels[k*s.codes+at+code])
				between += float64(m*m) / float64(sums.N[k])
				others -= m
			}
			if rest > 0 {
				between += float64(others*others) / rest
			}
		}
		out = append(out, Effect{Name: s.Plan.Features[o.Feature].Name, Eta2: share(between, variance)})
		at += codes
	}
	slices.SortStableFunc(out, func(a, b Effect) int {
		switch {
		case a.Eta2 > b.Eta2:
			return -1
		case a.Eta2 < b.Eta2:
			return 1
		}
		return 0
	})
	return out
}

// share returns part / whole, within 0 and 1.
func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(part/whole, 0), 1)
}

// bySize puts the clusters of a run in order of size.
func (s *Space) bySize(u *run) {
	order := make([]int, u.K)
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, u.sums.N[b]-u.sums.N[a]))) })
	from := *u
	u.sums = partial.LloydRun{}
	u.Centres = wire.Centres{K: from.K}
	for _, k := range order {
		u.sums.N = append(u.sums.N, from.sums.N[k])
		u.sums.Sum = append(u.sums.Sum, from.sums.Sum[k*s.dims():][:s.dims()]...)
		u.sums.Levels = append(u.sums.Levels, from.sums.Levels[k*s.codes:][:s.codes]...)
		u.Places = append(u.Places, from.Places[k*s.dims():][:s.dims()]...)
		u.Shares = append(u.Shares, from.Shares[k*s.codes:][:s.codes]...)
	}
}
