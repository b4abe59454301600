package store

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/headwater-dev/headwater/worker/wire"
)

// Scheme begins the name of a place in a bucket.
const Scheme = "s3://"

// tries is how often a request is made where the server is busy or away: over
// some ten seconds.
const tries = 5

// Parse reads s3://BUCKET/PREFIX. The server and its region are those of the
// environment: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or
// AWS_DEFAULT_REGION; without, Amazon's.
func Parse(name string) (*wire.Bucket, error) {
	rest, ok := strings.CutPrefix(name, Scheme)
	bucket, prefix, _ := strings.Cut(rest, "/")
	prefix = strings.Trim(prefix, "/")
	if !ok || bucket == "" || prefix == "" {
		return nil, fmt.Errorf("%s: a place in a bucket is named as %sBUCKET/PREFIX/", name, Scheme)
	}
	b := &wire.Bucket{
		Endpoint: cmp.Or(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), "https://s3.amazonaws.com"),
		Region:   cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Name:     bucket, Prefix: prefix + "/",
	}
	if u, err := url.Parse(b.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the address of the S3 server, %q of AWS_ENDPOINT_URL, is not http:// or https:// and a host", b.Endpoint)
	}
	return b, nil
}

// Bucket is a connection to a place in a bucket. Names of objects are those
// behind the prefix. It is for any number of goroutines.
type Bucket struct {
	at        wire.Bucket
	core      *minio.Core
	transport *http.Transport
}

// Dial prepares a connection; nothing is sent yet. Keys are those of the
// environment (AWS_ACCESS_KEY_ID, …), of the AWS credentials file, or of the
// machine's or pod's role.
func Dial(at *wire.Bucket) (*Bucket, error) {
	server, err := url.Parse(at.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("the address of the S3 server: %w", err)
	}
	b := &Bucket{at: *at, transport: http.DefaultTransport.(*http.Transport).Clone()}
	b.core, err = minio.NewCore(server.Host, &minio.Options{
		Secure: server.Scheme == "https", Region: at.Region, Transport: b.transport, MaxRetries: tries,
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{},
			&credentials.IAM{Client: &http.Client{Timeout: 5 * time.Second}},
		}),
	})
	if err != nil {
		return nil, fmt.Errorf("the S3 server %s: %w", at.Endpoint, err)
	}
	return b, nil
}

// Close closes connections that are not in use.
func (b *Bucket) Close() { b.transport.CloseIdleConnections() }

// String names the place.
func (b *Bucket) String() string { return Scheme + b.at.Name + "/" + b.at.Prefix }

// Object is what a listing tells of an object.
type Object struct {
	Name string // behind the prefix
	ETag string
}

// List lists the objects whose names begin with what is given, at most so many.
func (b *Bucket) List(ctx context.Context, begin string, most int) ([]Object, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a listing that is cut short
	var out []Object
	for o := range b.core.Client.ListObjects(ctx, b.at.Name, minio.ListObjectsOptions{Prefix: b.at.Prefix + begin, Recursive: true, MaxKeys: most}) {
		if o.Err != nil {
			return nil, b.explain("list", begin, o.Err)
		}
		if out = append(out, Object{Name: strings.TrimPrefix(o.Key, b.at.Prefix), ETag: o.ETag}); len(out) == most {
			break
		}
	}
	return out, nil
}

// Put makes the file at path an object, visible only when it is complete; a
// large one goes in pieces. A match says which object it may replace: the one
// of that ETag alone, or, "", none; ErrTaken otherwise. Nil: any. (Servers that
// know no conditions replace any.)
func (b *Bucket) Put(ctx context.Context, name, path string, match *string) error {
	var options minio.PutObjectOptions
	switch {
	case match == nil:
	case *match == "":
		options.SetMatchETagExcept("*")
	default:
		options.SetMatchETag(*match)
	}
	_, err := b.core.Client.FPutObject(ctx, b.at.Name, b.at.Prefix+name, path, options)
	if code := minio.ToErrorResponse(err).Code; err != nil && match != nil && (code == minio.PreconditionFailed || code == "ConditionalRequestConflict") {
		return ErrTaken
	}
	return b.explain("write", name, err)
}

// Get copies an object into a file.
func (b *Bucket) Get(ctx context.Context, name, path string) error {
	return b.explain("read", name, b.core.Client.FGetObject(ctx, b.at.Name, b.at.Prefix+name, path, minio.GetObjectOptions{}))
}

// Read returns the content of a small object; nil where there is none.
func (b *Bucket) Read(ctx context.Context, name string) ([]byte, error) {
	object, _, _, err := b.core.GetObject(ctx, b.at.Name, b.at.Prefix+name, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, nil
	}
	if err != nil {
		return nil, b.explain("read", name, err)
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	return data, b.explain("read", name, err)
}

// Remove removes an object; that it is not there is no error.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	err := b.core.Client.RemoveObject(ctx, b.at.Name, b.at.Prefix+name, minio.RemoveObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil
	}
	return b.explain("remove", name, err)
}

// explain names the object, and the remedy where there is one.
func (b *Bucket) explain(what, name string, err error) error {
	if err == nil {
		return nil
	}
	place := fmt.Sprintf("%s %s%s", what, b, name)
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchBucket:
		return fmt.Errorf("%s: there is no bucket %q at %s: make it, or name another (AWS_ENDPOINT_URL says which server): %w", place, b.at.Name, b.at.Endpoint, err)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
		return fmt.Errorf("%s: %s does not let us: check the keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) and the bucket's policy: %w", place, b.at.Endpoint, err)
	}
	return fmt.Errorf("%s at %s: %w", place, b.at.Endpoint, err)
}
