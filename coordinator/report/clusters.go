package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/kmeans"
)

// numbersOfClusters shows how the number of clusters was chosen.
func (f *Findings) numbersOfClusters() section {
	r := f.Clusters
	s := section{title: "How many clusters", head: []string{"k", "inertia", "explained", "silhouette", "stability", "smallest", ""}, right: []int{0, 1, 2, 3, 4, 5}}
	for _, o := range r.Options {
		chosen := ""
		if o.K == r.K && len(r.Options) > 1 {
			chosen = "← chosen"
		}
		stability := "–"
		if o.Stability != nil {
			stability = fmt.Sprintf("%.2f", *o.Stability)
		}
		s.add(fmt.Sprint(o.K), fmt.Sprintf("%.8g", o.Inertia), percent(o.Explained), fmt.Sprintf("%.3f", o.Silhouette), stability, percent(o.Smallest), chosen)
	}
	if len(r.Options) > 1 {
		s.note("chosen is the largest silhouette among those that are stable (two halves of the customers, clustered apart, agree) and have no tiny cluster")
	}
	return s
}

// clusters lists the clusters and what sets them apart.
func (f *Findings) clusters() section {
	r := f.Clusters
	s := section{title: fmt.Sprintf("%d clusters", r.K), head: []string{"", "cluster", "share", ""}, right: []int{2}}
	for _, m := range f.Overall.Metrics {
		s.head = append(s.head, m.Name, "lift", "95 %")
		s.right = append(s.right, len(s.head)-3, len(s.head)-2, len(s.head)-1)
	}
	s.head = append(s.head, "against the others")
	most := 0.0
	for _, c := range r.Clusters {
		most = max(most, c.Share)
	}
	for i, c := range r.Clusters {
		p := f.ClusterPersonas.Segments[i]
		cells := []string{fmt.Sprint(i + 1), p.Name, percent(c.Share), bar(c.Share, most, 12)}
		for k, m := range f.Overall.Metrics {
			cells = append(cells, mean(m, value(p.Metrics[k].Mean)), ratio(value(p.Metrics[k].Lift)), unseenBetween(m, &p.Metrics[k]))
		}
		s.add(append(cells, apart(c.Effects))...)
	}
	s.note("inertia %.10g after %s iterations; %s of the variance lies between the clusters", r.Inertia, whole(r.Iterations), percent(r.Explained))
	if t := r.Tree; t != nil {
		s.note("a tree of %d leaves says the cluster of %s of the customers, one of %d leaves of %s", t.Leaves, percent(t.Agreement), r.Finer.Leaves, percent(r.Finer.Agreement))
	}
	for _, n := range r.Notes {
		s.note("! %s", n)
	}
	return s
}

// apart names the features that tell a cluster from the rest the most.
func apart(effects []kmeans.Effect) string {
	var parts []string
	for _, e := range effects {
		if len(parts) == 3 || e.Eta2 < 0.01 {
			break
		}
		text := e.Name
		if e.Z != nil {
			text = fmt.Sprintf("%s %+.1f sd", e.Name, *e.Z)
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return "–"
	}
	return strings.Join(parts, ", ")
}

// clusterPortraits says of each cluster who is in it.
func (f *Findings) clusterPortraits(l length) section {
	s := section{title: "Who is in them"}
	for i := range f.Clusters.Clusters {
		p := f.ClusterPersonas.Segments[i]
		if !l.every {
			s.say("%d %s: %s", i+1, p.Name, traitsInWords(p, l.levels))
			continue
		}
		s.say("%d %s: %s", i+1, p.Name, p.Description)
		if len(p.Numbers) > 0 {
			s.say("    mean (quartiles): %s", quartiles(p.Numbers))
		}
		if t := f.Clusters.Tree; t != nil {
			for _, rule := range t.Rules {
				if rule.Cluster == i+1 {
					s.say("    about: %s (%s customers, %s of them of the cluster)", rule.Text, whole(rule.N), percent(rule.Right))
				}
			}
		}
	}
	if f.Clusters.Tree != nil && l.every {
		var parts []string
		for _, e := range f.Clusters.Features {
			if math.Round(1000*e.Eta2) > 0 {
				parts = append(parts, fmt.Sprintf("%s %s", e.Name, percent(e.Eta2)))
			}
		}
		s.note("of each feature's variance between the clusters: %s", strings.Join(parts, ", "))
	}
	return s
}
