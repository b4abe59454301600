package encoder

// Tree assigns a row to a segment by its codes. Node 0 is the root.
type Tree struct {
	Nodes []Node `json:"nodes"`
}

// Node is a test, or a leaf when Codes is empty.
type Node struct {
	Feature int     `json:"feature,omitempty"` // index into Plan.Features
	Codes   []uint8 `json:"codes,omitempty"`   // ascending; a row whose code is among them goes to Yes
	Yes     int     `json:"yes,omitempty"`     // index into Nodes
	No      int     `json:"no,omitempty"`
	Segment int     `json:"segment"`        // leaf: segment, from 0
	Rule    int     `json:"rule,omitempty"` // leaf: which of the segment's rules, from 0; for display
}
