package export

import (
	"fmt"
	"strings"
	"unicode"
)

// The forms that audiences can have: the ends of their files' names.
const (
	AudienceCSV     = "csv"
	AudienceParquet = "parquet"
)

// AudienceFile names the file of a segment's customers: the segment's number,
// from 1 and as wide as the last one's, then the letters and digits of its name
// in lower case, "03-students-under-30.csv".
func AudienceFile(segment, segments int, name, form string) string {
	var slug strings.Builder
	for _, r := range strings.ToLower(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			slug.WriteRune(r)
		} else if s := slug.String(); s != "" && !strings.HasSuffix(s, "-") {
			slug.WriteByte('-')
		}
		if slug.Len() >= maxSlug {
			break
		}
	}
	file := fmt.Sprintf("%0*d-%s", max(2, len(fmt.Sprint(segments))), segment, slug.String())
	return AudiencesDir + "/" + strings.TrimRight(file, "-") + "." + form
}

// maxSlug bounds the part of a file's name that is a segment's, in bytes: far
// from what any file system allows.
const maxSlug = 80

// isAudience tells whether a file in AudiencesDir is one of ours: it begins
// with a number of two digits or more.
func isAudience(file string) bool {
	rest := strings.TrimLeft(file, "0123456789")
	if len(file)-len(rest) < 2 {
		return false
	}
	return strings.HasSuffix(rest, "."+AudienceCSV) || strings.HasSuffix(rest, "."+AudienceParquet)
}
