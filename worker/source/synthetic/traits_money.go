package synthetic

var (
	// Median yearly income by job, before education, age and place.
	medianIncome = [11]int64{
		29000, 26000, 41000, 19000, 52000, 22000, 37000, 25000, 9500, 36000, 11000,
	}
	percentByEducation = [4]int64{85, 96, 102, 128}
	percentByAge       = [5]int64{80, 96, 110, 114, 100}
	percentByTier      = [5]int64{0, 118, 104, 95, 88}

	incomes  = logNormal(0.5)
	balances = logNormal(1.3)

	housingByAge   = [5]*pick{of(62, 38), of(36, 64), of(40, 60), of(52, 48), of(88, 12)}
	loanByHousing  = [2]*pick{of(82, 18), of(76, 24)}
	defaultByDebt  = [2]*pick{of(990, 10), of(890, 110)}
	cardByIncome   = [4]*pick{of(420, 520, 58, 2), of(240, 590, 160, 10), of(140, 500, 310, 50), of(80, 300, 400, 220)}
	productsByCard = [4]*pick{
		of(560, 290, 100, 35, 10, 5), of(300, 370, 200, 85, 30, 10, 5),
		of(130, 300, 290, 160, 75, 30, 10, 5), of(60, 190, 290, 230, 130, 60, 25, 15),
	}
)

// incomeBand: below 20, 35, 60 thousand, and above.
func incomeBand(yearly int32) int {
	switch {
	case yearly < 20_000:
		return 0
	case yearly < 35_000:
		return 1
	case yearly < 60_000:
		return 2
	}
	return 3
}

func (c *customer) makeMoney(k key) {
	band := ageBand(c[age])
	median := medianIncome[c[job]] * percentByEducation[c[education]] / 100 * percentByAge[band] / 100 * percentByTier[c[cityTier]] / 100
	c[income] = int32(incomes.times(median, k.draw(income)) / 10 * 10)
	c[balance] = makeBalance(c[income], k.draw(balance))

	c[housing] = housingByAge[band].at(k.draw(housing))
	c[loan] = loanByHousing[c[housing]].at(k.draw(loan))
	indebted := 0
	if c[balance] < 0 {
		indebted = 1
	}
	c[inDefault] = defaultByDebt[indebted].at(k.draw(inDefault))
	c[card] = cardByIncome[incomeBand(c[income])].at(k.draw(card))
	c[products] = 1 + productsByCard[c[card]].at(k.draw(products))
}

// makeBalance: one account in 14 is empty, one in 12 overdrawn, the others
// hold about two weeks of income, with a heavy tail.
func makeBalance(yearly int32, u uint64) int32 {
	size := balances.times(int64(yearly)/26, mix(u))
	switch {
	case u < chance(70):
		return 0
	case u < chance(153):
		return -int32(size/3) - 1
	}
	return int32(size)
}
