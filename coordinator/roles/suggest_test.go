package roles

import "testing"

func TestLooksLikeContext(t *testing.T) {
	for _, name := range []string{
		"month", "day", "weekday", "day_of_week", "hour", "date", "Date", "contact", "contactType", "channel", "campaign",
		"call-date", "attempt_no", "sessionID", "utm_source", "Traffic Source", "week2", "call.month", "ContactMonth",
	} {
		if !LooksLikeContext(name) {
			t.Errorf("%q does not look like context", name)
		}
	}
	for _, name := range []string{
		"", "age", "job", "monthly", "payday", "pdays", "poutcome", "previous", "holiday_home", "birth_date", "birthMonth", "signup_date",
		"sourceable", "updates", "days_since_last_call", "last_contact", "opening date", "recalls", "duration", "月份",
		"income_per_month", "revenue",
	} {
		if LooksLikeContext(name) {
			t.Errorf("%q looks like context", name)
		}
	}
}
