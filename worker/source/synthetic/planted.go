package synthetic

// item is one column holding one value: of a text column a level's index, of
// a whole one the number.
type item struct {
	column int
	value  int32
}

// group is a conjunction of items whose odds of responding are multiplied by
// odds, beyond what its items do on their own.
type group struct {
	items []item
	odds  float64 // > 1: up, < 1: down
	share float64 // of all rows, after missing values; measured on 10 million rows
}

// planted are the niche groups. Each holds 1 to 4 % of the customers, so that
// it stands out at 100,000 rows, and only levels that binning keeps: text, or
// numbers of at most 20 distinct values.
var planted = [6]group{
	{odds: 6, share: 0.0189, items: []item{{job, technician}, {marital, divorced}}},
	{odds: 1.0 / 8, share: 0.0223, items: []item{{education, tertiary}, {region, capital}, {housing, no}}},
	{odds: 6, share: 0.0178, items: []item{{region, islands}, {cityTier, 1}}},
	{odds: 8, share: 0.0142, items: []item{{loan, yes}, {card, gold}, {channel, byApp}}},
	{odds: 1.0 / 6, share: 0.0244, items: []item{{contact, telephone}, {month, august}}},
	{odds: 6, share: 0.0188, items: []item{{marital, single}, {cityTier, 3}, {campaign, 2}}},
}

// within reports whether the group's columns are among the first n traits.
func (p *group) within(n int) bool {
	for _, it := range p.items {
		if it.column >= n {
			return false
		}
	}
	return true
}

func (p *group) holds(c *customer) bool {
	for _, it := range p.items {
		if c[it.column] != it.value {
			return false
		}
	}
	return true
}
