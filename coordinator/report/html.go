package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed html/page.html html/parts.html html/style.css html/script.js
var pageFiles embed.FS

// HTML writes report.html: one file without any outside part, in a language of
// Languages ("" = en). Like report.md it holds nothing that depends on how the
// job ran.
func HTML(w io.Writer, f *Findings, lang string) error {
	texts, err := wordsOf(lang)
	if err != nil {
		return err
	}
	made, err := sentencesOf(lang)
	if err != nil {
		return err
	}
	return newDocument(f, texts, made).write(w, cmp.Or(lang, "en"))
}

func (p *document) write(w io.Writer, lang string) error {
	p.Lang = lang
	style, err := pageFiles.ReadFile("html/style.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("html/script.js")
	if err != nil {
		return err
	}
	p.Style, p.Script = template.CSS(style), template.JS(script)
	p.Policy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'", digest(style), digest(script))
	t, err := template.New("").Funcs(template.FuncMap{"t": p.t}).ParseFS(pageFiles, "html/*.html")
	if err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page.html", p); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// digest names a script or style in the page's security policy.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}
