package document

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
)

// Patterned is a type that is read from text and can say which text.
type Patterned interface{ Pattern() string }

// Schema is the JSON schema of the documents that Decode reads into v, for editors. It is made from the same tags that
// Decode obeys, so the two cannot drift apart.
func Schema(id, title string, v any) ([]byte, error) {
	g := generator{defs: map[string]any{}}
	out := g.schema(reflect.TypeOf(v), rules{})
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["$id"] = id
	out["title"] = title
	if len(g.defs) > 0 {
		out["$defs"] = g.defs
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return append(text, '\n'), err
}

type generator struct{ defs map[string]any }

func (g generator) schema(t reflect.Type, r rules) map[string]any {
	if t.Kind() == reflect.Pointer {
		return g.schema(t.Elem(), r)
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		text := g.text(t, r)
		if t.Kind() == reflect.Struct && len(fieldsOf(t)) > 0 {
			return map[string]any{"oneOf": []any{text, g.reference(t)}}
		}
		return text
	}
	switch t.Kind() {
	case reflect.Struct:
		return g.reference(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.schema(t.Elem(), r)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.schema(t.Elem(), r)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return g.text(t, r)
	case reflect.Interface:
		return map[string]any{}
	}
	kind := "number"
	if reflect.New(t).Elem().CanInt() {
		kind = "integer"
	}
	out := map[string]any{"type": kind}
	if r.min != nil {
		out["minimum"] = *r.min
	}
	if r.max != nil {
		out["maximum"] = *r.max
	}
	return out
}

// text: a bare number is text too (exchange: 2019), and Decode takes it as it is written.
func (g generator) text(t reflect.Type, r rules) map[string]any {
	out := map[string]any{"type": []string{"string", "number"}}
	if len(r.enum) > 0 {
		return map[string]any{"type": "string", "enum": r.enum}
	}
	if p, ok := reflect.Zero(t).Interface().(Patterned); ok {
		out = map[string]any{"type": "string", "pattern": p.Pattern()}
	}
	return out
}

// reference is a $ref to the type's definition; one definition serves every place it stands in.
func (g generator) reference(t reflect.Type) map[string]any {
	ref := map[string]any{"$ref": "#/$defs/" + t.Name()}
	if _, known := g.defs[t.Name()]; known {
		return ref
	}
	g.defs[t.Name()] = nil // stops a type that holds itself
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		p := g.schema(t.Field(f.index).Type, f.rules)
		if f.about != "" {
			p["description"] = f.about
		}
		properties[f.name] = p
		if f.need != "" {
			required = append(required, f.name)
		}
	}
	slices.Sort(required)
	def := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		def["required"] = required
	}
	g.defs[t.Name()] = def
	return ref
}
