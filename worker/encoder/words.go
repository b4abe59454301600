package encoder

import "strings"

// ParseTruth reads a yes/no word, in any case: true, yes, y, t, 1, on and
// false, no, n, f, 0, off.
func ParseTruth(s string) (yes, ok bool) {
	if len(s) > 5 {
		return false, false
	}
	switch strings.ToLower(s) {
	case "true", "yes", "y", "t", "1", "on":
		return true, true
	case "false", "no", "n", "f", "0", "off":
		return false, true
	}
	return false, false
}

// ParseDay reads a date, 2006-01-02 or 2006/01/02, alone or followed by a time
// of day after a space or T, and returns it as days since 1970-01-01. The day
// is the one written, whatever zone follows.
func ParseDay(s string) (day int64, timed, ok bool) {
	s = trimSpaces(s)
	if len(s) < 10 || s[4] != '-' && s[4] != '/' || s[7] != s[4] {
		return 0, false, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > monthDays(y, m) {
		return 0, false, false
	}
	if len(s) > 10 && !clock(s[10:]) {
		return 0, false, false
	}
	return DayNumber(y, m, d), len(s) > 10, true
}

// clock reports whether s is a time: a space or T, HH:MM, and perhaps :SS, a
// fraction and a zone.
func clock(s string) bool {
	if len(s) < 6 || s[0] != ' ' && s[0] != 'T' || s[3] != ':' {
		return false
	}
	h, ok1 := digits(s[1:3])
	m, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || h > 24 || m > 59 {
		return false
	}
	s = s[6:]
	if len(s) >= 3 && s[0] == ':' {
		if sec, ok := digits(s[1:3]); !ok || sec > 60 {
			return false
		}
		s = s[3:]
		if len(s) > 1 && s[0] == '.' {
			i := 1
			for i < len(s) && s[i]-'0' <= 9 {
				i++
			}
			if i == 1 {
				return false
			}
			s = s[i:]
		}
	}
	return zone(s)
}

func zone(s string) bool {
	switch s = trimSpaces(s); {
	case s == "", s == "Z", s == "UTC":
		return true
	case s[0] != '+' && s[0] != '-':
		return false
	}
	hm := strings.Replace(s[1:], ":", "", 1)
	_, ok := digits(hm)
	return ok && (len(hm) == 2 || len(hm) == 4)
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func monthDays(y, m int) int {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// DayNumber returns the days from 1970-01-01 to a date of the Gregorian calendar.
func DayNumber(y, m, d int) int64 {
	// Years are counted from March, so that a leap day is a year's last.
	if m <= 2 {
		y--
		m += 12
	}
	return 365*int64(y) + floorDiv(int64(y), 4) - floorDiv(int64(y), 100) + floorDiv(int64(y), 400) + int64(153*(m-3)+2)/5 + int64(d) - 719469
}

// DayOf returns the day number of microseconds since 1970-01-01.
func DayOf(micros int64) int64 { return floorDiv(micros, 86400e6) }

// MonthOf returns the month, 1 to 12, of a day number.
func MonthOf(day int64) int {
	// The same reckoning in reverse, in eras of 400 years from 0000-03-01.
	z := day + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := int(5*doy+2)/153 + 3
	if m > 12 {
		m -= 12
	}
	return m
}

// WeekdayOf returns the day of the week, 0 = Monday to 6, of a day number.
func WeekdayOf(day int64) int { return int(floorMod(day+3, 7)) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// MonthNames and WeekdayNames are the level values of Month and Weekday.
var (
	MonthNames   = [12]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	WeekdayNames = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)
