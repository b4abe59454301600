package synthetic

import "math"

// The traits of shoppers, in the order in which --features takes them: first
// those that the clusters differ in, then those in which all are alike.
const (
	shopperAge = iota
	basketValue
	visits
	onlineShare
	favourite
	loyaltyMonths
	payment
	discountShare
	distance
	travels
	returns
	household
	district
	satisfaction
	newsletter
	livingSpace
	store
	rooms
	browser
	height
	shopperTraitCount

	clusterTraits = household + 1 // how many, from the first, the clusters need
)

// shopperTraits: those of kind money hold hundredths of whatever they measure.
var shopperTraits = [shopperTraitCount]column{
	shopperAge:    {name: "age", kind: whole},
	basketValue:   {name: "basket_value", kind: money, wide: true},
	visits:        {name: "visits", kind: whole, missing: 20},
	onlineShare:   {name: "online_share", kind: money, wide: true},
	favourite:     {name: "favourite", kind: text, levels: []string{"food", "fashion", "home", "sports", "electronics"}},
	loyaltyMonths: {name: "loyalty_months", kind: whole},
	payment:       {name: "payment", kind: text, missing: 30, levels: []string{"card", "cash", "invoice", "wallet"}},
	discountShare: {name: "discount_share", kind: money, wide: true},
	distance:      {name: "distance_km", kind: money, wide: true},
	travels:       {name: "travels", kind: text, levels: []string{"car", "bus", "foot", "bicycle"}},
	returns:       {name: "returns", kind: whole},
	household:     {name: "household", kind: text, levels: []string{"single", "couple", "family"}},
	district:      {name: "district", kind: text, levels: []string{"north", "east", "south", "west", "centre", "harbour"}},
	satisfaction:  {name: "satisfaction", kind: whole},
	newsletter:    {name: "newsletter", kind: text, levels: []string{"no", "yes"}},
	livingSpace:   {name: "living_space", kind: money, wide: true},
	store:         {name: "store", kind: text, levels: []string{"large", "medium", "small"}},
	rooms:         {name: "rooms", kind: whole},
	browser:       {name: "browser", kind: text, missing: 50, levels: []string{"blue", "green", "red", "yellow"}},
	height:        {name: "height_cm", kind: money, wide: true},
}

// cluster is one kind of shoppers. Numbers have a normal distribution about
// its mean, with the spread of all clusters, cut off at zero; levels have
// shares of their own. Given the cluster, all traits are independent.
type cluster struct {
	name   string
	weight int     // of 1000 customers
	rate   float64 // at which they respond
	means  [len(measured)]int64
	levels [len(levelled)]*pick
}

// measured are the numbers that clusters differ in, with their spread.
var measured = [...]struct {
	trait  int
	spread int64 // one standard deviation within a cluster
}{
	{shopperAge, 9},
	{basketValue, 14_00},
	{visits, 6},
	{onlineShare, 13_00},
	{loyaltyMonths, 15},
	{discountShare, 9_00},
	{distance, 3_50},
	{returns, 2},
}

// levelled are the texts that clusters differ in.
var levelled = [...]int{favourite, payment, travels, household}

var clusters = [...]cluster{
	{
		"families", 260, 0.11,
		[...]int64{41, 64_00, 30, 35_00, 60, 18_00, 9_00, 6},
		[...]*pick{of(50, 15, 20, 10, 5), of(60, 15, 15, 10), of(75, 10, 10, 5), of(3, 12, 85)},
	},
	{
		"regulars", 220, 0.22,
		[...]int64{62, 45_00, 42, 14_00, 90, 14_00, 5_00, 3},
		[...]*pick{of(60, 10, 20, 5, 5), of(35, 50, 13, 2), of(40, 25, 30, 5), of(30, 60, 10)},
	},
	{
		"students", 180, 0.05,
		[...]int64{24, 24_00, 22, 60_00, 20, 30_00, 5_00, 5},
		[...]*pick{of(25, 40, 5, 20, 10), of(30, 10, 5, 55), of(10, 40, 25, 25), of(70, 25, 5)},
	},
	{
		"bargain hunters", 140, 0.03,
		[...]int64{47, 31_00, 36, 28_00, 46, 48_00, 8_00, 3},
		[...]*pick{of(40, 20, 25, 5, 10), of(40, 45, 10, 5), of(50, 30, 15, 5), of(25, 35, 40)},
	},
	{
		"online", 120, 0.16,
		[...]int64{34, 55_00, 11, 84_00, 38, 22_00, 13_00, 9},
		[...]*pick{of(5, 35, 10, 15, 35), of(35, 2, 28, 35), of(60, 20, 10, 10), of(45, 40, 15)},
	},
	{
		"occasional", 80, 0.08,
		[...]int64{50, 82_00, 12, 38_00, 24, 12_00, 16_00, 4},
		[...]*pick{of(10, 20, 45, 10, 15), of(65, 10, 20, 5), of(90, 5, 2, 3), of(25, 50, 25)},
	},
}

// bell is the distance from zero of a standard normal.
var bell = newTail(func(p float64) float64 { return math.Sqrt2 * math.Erfinv(p) })

// normal draws a whole number from a normal distribution, cut off at zero.
func normal(mean, spread int64, u uint64) int32 {
	z := spread * bell.at(u)
	if u&1 == 1 {
		z = -z
	}
	return int32(max(0, (mean*tailOne+z+tailOne/2)>>tailBits))
}

var (
	satisfactions = of(3, 4, 6, 10, 15, 20, 18, 12, 8, 4)
	roomCounts    = of(8, 22, 30, 22, 12, 6)
	districts     = of(24, 18, 20, 14, 16, 8)
	newsletters   = of(62, 38)
	stores        = of(50, 35, 15)
	browsers      = of(45, 30, 17, 8)
)

// makeShopper draws a customer of a cluster. Which values are missing hangs on
// nothing.
func (c *customer) makeShopper(k key, of int) {
	from := &clusters[of]
	for i, m := range measured {
		c[m.trait] = normal(from.means[i], m.spread, k.draw(uint64(m.trait)))
	}
	for i, t := range levelled {
		c[t] = from.levels[i].at(k.draw(uint64(t)))
	}
	c[district] = districts.at(k.draw(district))
	c[satisfaction] = 1 + satisfactions.at(k.draw(satisfaction))
	c[newsletter] = newsletters.at(k.draw(newsletter))
	c[livingSpace] = normal(74_00, 21_00, k.draw(livingSpace))
	c[store] = stores.at(k.draw(store))
	c[rooms] = 1 + roomCounts.at(k.draw(rooms))
	c[browser] = browsers.at(k.draw(browser))
	c[height] = normal(171_00, 9_50, k.draw(height))
	for t := range shopperTraits {
		if m := shopperTraits[t].missing; m > 0 && k.draw(traitMissing+uint64(t)) < chance(uint64(m)) {
			c[t] = null
		}
	}
}
