package wire

// PartPlace is where workers leave part files: in a folder that they share with
// the coordinator, or in a bucket. A worker that cannot reach it sends the files
// with its answer. The zero value is no place.
type PartPlace struct {
	Folder string // absolute path; "" = none
	Out    string // what messages call the folder
	// Token is the content of the file TokenFile in the folder: a folder of the
	// same name on another machine has another.
	Token string

	Bucket *Bucket
}

// TokenFile is the name of the file that tells a PartPlace's folder.
const TokenFile = "token"

// Bucket is a place in an object store that speaks S3. Keys to it do not travel:
// everybody has its own.
type Bucket struct {
	Endpoint string // URL of the server
	Region   string // "" = the server is asked
	Name     string
	Prefix   string // of the objects' names, ending in a slash
}

// Known says whether there is a place.
func (p *PartPlace) Known() bool { return p.Folder != "" || p.Bucket != nil }
