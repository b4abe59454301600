package coordinator

import "github.com/headwater-dev/headwater/coordinator/proof"

// proof is what evidence.sql computes again.
func (j *job) proof() *proof.Job {
	f := &j.findings
	p := &proof.Job{
		Table: j.table, Encoding: j.Input.Encoding, Plan: &j.plan, Overall: &f.Overall,
		Evidence: f.Evidence, Config: j.Evidence, Groups: f.Groups, Tops: f.Tops, Segments: f.Segments, Personas: f.Personas,
	}
	p.First = make([]int64, len(j.table.Files))
	for _, u := range j.profile.Units {
		if file := j.table.Splits[u.Unit].File; file+1 < len(p.First) {
			p.First[file+1] += u.Rows
		}
	}
	for i := range len(p.First) - 1 {
		p.First[i+1] += p.First[i]
	}
	return p
}
