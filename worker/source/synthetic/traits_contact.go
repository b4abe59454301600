package synthetic

var (
	channelByAge = [5]*pick{
		of(50, 80, 250, 570, 50), of(90, 90, 300, 460, 60), of(170, 120, 330, 310, 70),
		of(300, 170, 290, 160, 80), of(510, 230, 120, 50, 90),
	}
	contactByAge = [5]*pick{of(760, 80, 160), of(740, 100, 160), of(680, 180, 140), of(580, 310, 110), of(420, 510, 70)}
	months       = of(40, 60, 45, 70, 215, 110, 140, 125, 35, 45, 85, 30)
	monthDays    = [12]int32{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

	touches       = of(380, 270, 130, 80, 50, 30, 20, 14, 10, 7, 5, 4)
	contactGaps   = logNormal(0.8)
	outcomeRecent = of(0, 480, 170, 350)
	outcomeOld    = of(0, 650, 230, 120)

	deviceByChannel = [5]*pick{
		of(300, 180, 170, 350), of(360, 200, 140, 300), of(220, 160, 600, 20), of(560, 420, 20, 0), of(330, 210, 220, 240),
	}
	logins = logNormal(0.9)
)

// longestGap is the most days since the last contact that are recorded.
const longestGap = 900

func (c *customer) makeContact(k key) {
	band := ageBand(c[age])
	c[channel] = channelByAge[band].at(k.draw(channel))
	c[contact] = contactByAge[band].at(k.draw(contact))
	c[month] = months.at(k.draw(month))
	c[day] = 1 + below(k.draw(day), monthDays[c[month]])
	c[campaign] = 1 + touches.at(k.draw(campaign))

	u := k.draw(daysSinceContact)
	if u < chance(740) {
		c[daysSinceContact], c[previousOutcome] = -1, neverContacted
		return
	}
	c[daysSinceContact] = int32(min(1+contactGaps.times(160, mix(u)), longestGap))
	outcomes := outcomeOld
	if c[daysSinceContact] < 120 {
		outcomes = outcomeRecent
	}
	c[previousOutcome] = outcomes.at(k.draw(previousOutcome))
}

// makeDigital: logins are per quarter; customers of other channels seldom
// have any.
func (c *customer) makeDigital(k key) {
	c[device] = deviceByChannel[c[channel]].at(k.draw(device))
	u, median, without := k.draw(appLogins), int64(3), chance(700)
	switch c[channel] {
	case byApp:
		median, without = 24, chance(20)
	case byWeb:
		median, without = 6, chance(350)
	}
	c[appLogins] = 0
	if u >= without && c[device] != noDevice {
		c[appLogins] = int32(min(1+logins.times(median, mix(u)), 250))
	}
}
