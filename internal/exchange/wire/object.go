package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxReply bounds what is read of one reply; a DAG of 16 members and several hundred databases needs a few megabytes.
const maxReply = 32 << 20

// DecodeReply reads one reply. Numbers keep all their digits: a copy queue may be near the largest 64-bit integer
// (domain-exchange.md 5.2), which a float would round.
func DecodeReply(r io.Reader) (Reply, error) {
	var out Reply
	if err := decode(r, &out); err != nil {
		return Reply{}, fmt.Errorf("reply of the management endpoint: %w", err)
	}
	return out, nil
}

// DecodeCall reads one call.
func DecodeCall(r io.Reader) (Call, error) {
	var out Call
	if err := decode(r, &out); err != nil {
		return Call{}, fmt.Errorf("call: %w", err)
	}
	return out, nil
}

func decode(r io.Reader, into any) error {
	body, err := io.ReadAll(io.LimitReader(r, maxReply+1))
	if err != nil {
		return err
	}
	if len(body) > maxReply {
		return fmt.Errorf("longer than %d bytes", maxReply)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}

// Text is a property as text; ok is false when it is absent or null. Values that come with a display form of their own
// (enumerations, numbers) are taken as that form.
func (o Object) Text(name string) (text string, ok bool) {
	switch v := o[name].(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	case []any, map[string]any:
		return "", false
	default:
		return fmt.Sprint(v), true
	}
}

// Int is a property as an integer. Exchange serialises many numbers as text, with separators of the server's locale
// (domain-exchange.md 10.2), so those are read as well.
func (o Object) Int(name string) (n int64, ok bool) {
	switch v := o[name].(type) {
	case float64:
		if v != math.Trunc(v) || math.Abs(v) >= 1<<63 {
			return 0, false
		}
		return int64(v), true
	case int:
		return int64(v), true
	case int64:
		return v, true
	}
	text, ok := o.Text(name)
	if !ok {
		return 0, false
	}
	text = strings.NewReplacer(",", "", "\u00a0", "", " ", "", "'", "").Replace(text)
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// Bool is a property as a truth value: a boolean, or the text "True" or "False".
func (o Object) Bool(name string) (value, ok bool) {
	text, ok := o.Text(name)
	if !ok {
		return false, false
	}
	value, err := strconv.ParseBool(strings.ToLower(strings.TrimPrefix(text, "$")))
	return value, err == nil
}

// Texts is a property as a list of texts; ok is false when it is absent or null. One value alone is a list of one, since
// PowerShell unrolls such lists.
func (o Object) Texts(name string) (list []string, ok bool) {
	switch v := o[name].(type) {
	case nil:
		return nil, false
	case []string:
		return v, true
	case []any:
		list = make([]string, 0, len(v))
		for _, item := range v {
			if text, ok := (Object{"": item}).Text(""); ok {
				list = append(list, text)
			}
		}
		return list, true
	}
	text, ok := o.Text(name)
	if !ok {
		return nil, false
	}
	if text == "" {
		return []string{}, true
	}
	return []string{text}, true
}
