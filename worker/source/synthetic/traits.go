package synthetic

// The named traits, in the order in which --features takes them. Planted
// groups use the early ones.
const (
	age = iota
	job
	marital
	education
	income
	balance
	tenureMonths
	region
	cityTier
	housing
	loan
	inDefault
	card
	channel
	contact
	month
	day
	daysSinceContact
	campaign
	previousOutcome
	device
	appLogins
	products
	signupDate
	namedTraits
)

// Levels that other code speaks of, as indexes into a trait's levels.
const (
	none, classic, gold, platinum = 0, 1, 2, 3 // cards
	primary, secondary            = 0, 1
	vocational, tertiary          = 2, 3

	no, yes          = 0, 1
	technician       = 9
	single, divorced = 0, 2
	capital          = 0
	islands          = 6
	byWeb, byApp     = 2, 3
	telephone        = 1
	august           = 7
	neverContacted   = 0
	noDevice         = 3
)

var traits = [namedTraits]column{
	age: {name: "age", kind: whole},
	job: {name: "job", kind: text, missing: 7, levels: []string{
		"admin", "blue-collar", "entrepreneur", "housemaid",
		"management", "retired", "self-employed", "services", "student", "technician", "unemployed",
	}},
	marital:          {name: "marital", kind: text, levels: []string{"single", "married", "divorced", "widowed"}},
	education:        {name: "education", kind: text, missing: 40, levels: []string{"primary", "secondary", "vocational", "tertiary"}},
	income:           {name: "income", kind: whole, missing: 60, wide: true},
	balance:          {name: "balance", kind: whole, missing: 10, wide: true},
	tenureMonths:     {name: "tenure_months", kind: whole},
	region:           {name: "region", kind: text, levels: []string{"capital", "north", "south", "east", "west", "coast", "islands", "highlands"}},
	cityTier:         {name: "city_tier", kind: whole},
	housing:          {name: "housing", kind: text, levels: []string{"no", "yes"}},
	loan:             {name: "loan", kind: text, levels: []string{"no", "yes"}},
	inDefault:        {name: "default", kind: text, levels: []string{"no", "yes"}},
	card:             {name: "card", kind: text, levels: []string{"none", "classic", "gold", "platinum"}},
	channel:          {name: "channel", kind: text, levels: []string{"branch", "phone", "web", "app", "agent"}},
	contact:          {name: "contact", kind: text, missing: 130, levels: []string{"cellular", "telephone", "email"}},
	month:            {name: "month", kind: text, levels: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	day:              {name: "day", kind: whole},
	daysSinceContact: {name: "days_since_contact", kind: whole},
	campaign:         {name: "campaign", kind: whole},
	previousOutcome:  {name: "previous_outcome", kind: text, levels: []string{"none", "failure", "other", "success"}},
	device:           {name: "device", kind: text, missing: 50, levels: []string{"android", "ios", "desktop", "none"}},
	appLogins:        {name: "app_logins", kind: whole, missing: 30},
	products:         {name: "products", kind: whole},
	signupDate:       {name: "signup_date", kind: date},
}

// lastDay is the day on which the table was taken, 2025-12-31, in days since
// 1970-01-01.
const lastDay = 20453

// incomplete are the traits that have missing values.
var incomplete = func() (list []int) {
	for t := range traits {
		if traits[t].missing > 0 {
			list = append(list, t)
		}
	}
	return list
}()

// customer holds the named traits of one row, each read as its column's kind.
type customer [namedTraits]int32

// make draws a customer. Traits depend on those made before them, on their
// true values; which values are missing is decided last.
func (c *customer) make(k key) {
	c.makePerson(k)
	c.makeMoney(k)
	c.makeContact(k)
	c.makeDigital(k)
	for _, t := range incomplete {
		if k.draw(traitMissing+uint64(t)) < chance(uint64(traits[t].missing)) {
			c[t] = null
		}
	}
}

// Ages from 18 on; weights rise to the mid-thirties and thin out after 60.
var ages = of(4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 21, 23, 25, 27, 29, 30, 31, 31, 30, 29, 28, 27, 26, 25, 24, 24, 23, 23,
	22, 22, 21, 21, 20, 20, 19, 19, 18, 18, 17, 16, 15, 15, 14, 12, 10, 9, 8, 8, 7, 7, 6, 6, 6, 5, 5, 5,
	4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1)

// ageBand: up to 24, 35, 49, 59, and older.
func ageBand(years int32) int {
	switch {
	case years < 25:
		return 0
	case years < 36:
		return 1
	case years < 50:
		return 2
	case years < 60:
		return 3
	}
	return 4
}

var (
	jobsByAge = [5]*pick{
		of(100, 170, 10, 5, 20, 0, 20, 150, 330, 130, 65),
		of(125, 200, 30, 15, 200, 2, 40, 110, 25, 220, 33),
		of(115, 225, 38, 30, 220, 8, 42, 95, 2, 195, 30),
		of(105, 215, 40, 45, 200, 85, 40, 85, 0, 150, 35),
		of(25, 40, 15, 45, 70, 700, 25, 20, 0, 45, 15),
	}
	maritalByAge = [5]*pick{
		of(850, 140, 10, 0), of(480, 445, 73, 2), of(210, 645, 137, 8), of(110, 690, 170, 30), of(60, 640, 120, 180),
	}
	educationByJob = [11]*pick{
		of(40, 580, 220, 160), of(430, 360, 190, 20), of(120, 330, 150, 400), of(500, 320, 110, 70),
		of(25, 100, 75, 800), of(370, 350, 120, 160), of(80, 310, 160, 450), of(90, 610, 230, 70),
		of(50, 560, 90, 300), of(20, 340, 400, 240), of(210, 440, 170, 180),
	}
	regions      = of(180, 140, 150, 130, 140, 120, 60, 80)
	tierByRegion = [8]*pick{
		of(700, 200, 80, 20), of(180, 300, 300, 220), of(220, 300, 280, 200), of(120, 280, 340, 260),
		of(240, 320, 260, 180), of(260, 340, 260, 140), of(300, 120, 240, 340), of(20, 140, 340, 500),
	}
)

func (c *customer) makePerson(k key) {
	c[age] = 18 + ages.at(k.draw(age))
	band := ageBand(c[age])
	c[job] = jobsByAge[band].at(k.draw(job))
	c[marital] = maritalByAge[band].at(k.draw(marital))
	c[education] = educationByJob[c[job]].at(k.draw(education))
	c[region] = regions.at(k.draw(region))
	c[cityTier] = 1 + tierByRegion[c[region]].at(k.draw(cityTier))
	// Young tenures are the more frequent: the lesser of two even draws.
	u := k.draw(tenureMonths)
	most := min(c[age]-17, 40) * 12
	c[tenureMonths] = min(below(u, most), below(mix(u), most))
	c[signupDate] = lastDay - c[tenureMonths]*487/16 - below(k.draw(signupDate), 30)
}
