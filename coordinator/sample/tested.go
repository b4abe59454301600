package sample

// Test is a comparison of a candidate with other customers.
type Test struct {
	Z float64 // distance in standard errors, positive where the candidate lies above
	P float64 // two-sided
	Q float64 // among all tests made together, see Correct
}

// Tested are the tests of a candidate on customers that it was not found on.
type Tested struct {
	Others Test  // against everybody else
	Parent *Test // against the other customers of a shorter rule; nil = there is none
}

// Correct sets the q-values of tests that were made together.
func Correct(tested []*Tested) {
	var tests []*Test
	var p []float64
	for _, t := range tested {
		for _, test := range []*Test{&t.Others, t.Parent} {
			if test != nil {
				tests, p = append(tests, test), append(p, test.P)
			}
		}
	}
	for i, q := range BenjaminiHochberg(p) {
		tests[i].Q = q
	}
}

// Hold says whether every test points in a direction, +1 or −1, at a false
// discovery rate.
func (t *Tested) Hold(direction int, rate float64) bool {
	hold := func(test *Test) bool { return test == nil || test.Q <= rate && float64(direction)*test.Z > 0 }
	return hold(&t.Others) && hold(t.Parent)
}
