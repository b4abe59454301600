package export

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
)

// WriteJSON writes v as indented JSON with a newline at its end. It follows
// encoding/json (tags, order of fields, sorted keys, shortest floats) except
// that NaN and infinities become null instead of an error, that <, > and &
// stay readable, and that bytes are lists of numbers like any other (which
// encoding/json reads back). The same v gives the same bytes.
func WriteJSON(w io.Writer, v any) error {
	var compact, indented bytes.Buffer
	if err := appendJSON(&compact, reflect.ValueOf(v)); err != nil {
		return err
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	_, err := w.Write(indented.Bytes())
	return err
}

// appendJSON writes v compactly.
func appendJSON(b *bytes.Buffer, v reflect.Value) error {
	if !v.IsValid() {
		b.WriteString("null")
		return nil
	}
	if speaksForItself(v) {
		return appendPlain(b, v.Interface())
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			b.WriteString("null")
			return nil
		}
	case reflect.Pointer, reflect.Interface:
		return appendJSON(b, v.Elem()) // that of nil is invalid: null
	case reflect.Struct:
		return appendStruct(b, v)
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		return appendList(b, v)
	case reflect.Array:
		return appendList(b, v)
	}
	return appendPlain(b, v.Interface())
}

func speaksForItself(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() == reflect.Interface {
		return false
	}
	switch v.Interface().(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return true
	}
	return false
}

func appendPlain(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline that Encode adds
	return nil
}

func appendList(b *bytes.Buffer, v reflect.Value) error {
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(b, v.Index(i)); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func appendMap(b *bytes.Buffer, v reflect.Value) error {
	if v.IsNil() {
		b.WriteString("null")
		return nil
	}
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("a %s has no form in JSON outputs: keys must be strings", v.Type())
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	members := make([]member, len(keys))
	for i, k := range keys {
		members[i] = member{k.String(), v.MapIndex(k)}
	}
	return appendObject(b, members)
}

func appendStruct(b *bytes.Buffer, v reflect.Value) error {
	var members []member
	if err := collect(v, &members); err != nil {
		return err
	}
	return appendObject(b, members)
}

type member struct {
	name  string
	value reflect.Value
}

// collect lists a struct's members; those of embedded structs stand in the
// embedded one's place.
func collect(v reflect.Value, members *[]member) error {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		if field.Anonymous && name == "" {
			if value.Kind() != reflect.Struct {
				return fmt.Errorf("embedded %s has no form in JSON outputs: name it", field.Type)
			}
			if err := collect(value, members); err != nil {
				return err
			}
			continue
		}
		if name == "" {
			name = field.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			if option == "omitempty" && empty(value) || option == "omitzero" && value.IsZero() {
				name = ""
			}
		}
		if name != "" {
			*members = append(*members, member{name, value})
		}
	}
	return nil
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func appendObject(b *bytes.Buffer, members []member) error {
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendPlain(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := appendJSON(b, m.value); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}
