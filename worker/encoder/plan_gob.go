package encoder

import "encoding/json"

// GobEncode writes the plan as JSON, as in model.json: gob would turn pointers
// to zero into nil, that is the bound 0 into no bound.
func (p Plan) GobEncode() ([]byte, error) {
	type plain Plan
	return json.Marshal(plain(p))
}

// GobDecode reads what GobEncode wrote.
func (p *Plan) GobDecode(data []byte) error {
	type plain Plan
	return json.Unmarshal(data, (*plain)(p))
}
