package report

import "github.com/headwater-dev/headwater/coordinator/merge"

// clusters are shown as segments are, with the rules of the tree that says
// about what they are.
func (p *document) clusters() *segmentsView {
	r := p.f.Clusters
	v := &segmentsView{Title: p.t("Clusters")}
	v.Said = append(v.Said, p.t("%s of the features' variance lies between the clusters.", percent(r.Explained)))
	segments := make([]merge.Segment, len(r.Clusters))
	for i, c := range r.Clusters {
		segments[i] = merge.Segment{N: c.N, Share: c.Share}
	}
	if t := r.Tree; t != nil {
		v.Said = append(v.Said, p.t("The rules say the cluster of %s of the customers; the others are nearer to another centre.", percent(t.Agreement)))
		for _, rule := range t.Rules {
			s := &segments[rule.Cluster-1]
			s.Rules = append(s.Rules, rule.Rule)
		}
	}
	p.list(v, segments, p.f.ClusterPersonas.Segments, false)
	return v
}
