package dnsupdate

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFile is far more than a key needs; a larger file is the wrong file.
const maxKeyFile = 64 << 10

// ReadKeyFile reads a key: either the base64 secret alone (then name and algorithm stay empty, for the site file to give),
// or the form that tsig-keygen writes for BIND: key "name" { algorithm hmac-sha256; secret "..."; };
func ReadKeyFile(path string) (TSIG, error) {
	f, err := os.Open(path)
	if err != nil {
		return TSIG{}, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return TSIG{}, fmt.Errorf("key file %s: %w", path, err)
	}
	k, err := ParseKey(text)
	if err != nil {
		return TSIG{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return k, nil
}

// ParseKey reads the text of a key file. Its errors never quote the text, which may be the secret.
func ParseKey(text []byte) (TSIG, error) {
	if len(text) > maxKeyFile {
		return TSIG{}, errors.New("too large for a key; is it the right file?")
	}
	tokens, err := keyTokens(string(text))
	if err != nil {
		return TSIG{}, err
	}
	if len(tokens) == 0 {
		return TSIG{}, errors.New("empty; put the base64 secret there, or a BIND key clause")
	}
	if tokens[0].text == "key" && len(tokens) > 1 {
		return keyClause(tokens)
	}
	if len(tokens) > 1 {
		return TSIG{}, fmt.Errorf("line %d: more than one word; a key file holds the base64 secret alone, or a BIND key clause", tokens[1].line)
	}
	s, err := secretOf(tokens[0])
	return TSIG{Secret: s}, err
}

type keyToken struct {
	text string
	line int
}

// keyTokens splits BIND's syntax: words, quoted strings, braces, semicolons; comments of all three kinds are left out. A
// base64 secret may hold "/", so that only "//" and "/*" at the start of a word begin a comment.
func keyTokens(s string) ([]keyToken, error) {
	var out []keyToken
	line := 1
	for s != "" {
		n := 1
		switch {
		case s[0] == '\n':
			line++
		case strings.ContainsRune(" \t\r", rune(s[0])):
		case s[0] == '#' || strings.HasPrefix(s, "//"):
			n = until(s, "\n")
		case strings.HasPrefix(s, "/*"):
			end := strings.Index(s[2:], "*/")
			if end < 0 {
				return nil, fmt.Errorf("line %d: a comment is not closed", line)
			}
			n = end + 4
			line += strings.Count(s[:n], "\n")
		case strings.ContainsRune("{};", rune(s[0])):
			out = append(out, keyToken{s[:1], line})
		case s[0] == '"':
			end := strings.IndexAny(s[1:], "\"\n")
			if end < 0 || s[1+end] == '\n' {
				return nil, fmt.Errorf("line %d: a quotation mark is not closed", line)
			}
			out = append(out, keyToken{s[1 : 1+end], line})
			n = end + 2
		default:
			n = until(s, " \t\r\n{};\"")
			out = append(out, keyToken{s[:n], line})
		}
		s = s[n:]
	}
	return out, nil
}

func until(s, stops string) int {
	if i := strings.IndexAny(s, stops); i >= 0 {
		return i
	}
	return len(s)
}

// keyClause reads: key NAME { algorithm A; secret S; };
func keyClause(t []keyToken) (TSIG, error) {
	k := TSIG{Name: t[1].text}
	wrong := func(i int) error {
		return fmt.Errorf("line %d: expected key \"name\" { algorithm ...; secret \"...\"; };", t[min(i, len(t)-1)].line)
	}
	if len(t) < 4 || t[2].text != "{" {
		return TSIG{}, wrong(2)
	}
	i := 3
	for ; i+2 < len(t) && t[i].text != "}"; i += 3 {
		if t[i+2].text != ";" {
			return TSIG{}, wrong(i)
		}
		switch t[i].text {
		case "algorithm":
			k.Algorithm = t[i+1].text
		case "secret":
			s, err := secretOf(t[i+1])
			if err != nil {
				return TSIG{}, err
			}
			k.Secret = s
		default:
			return TSIG{}, wrong(i)
		}
	}
	if i >= len(t) || t[i].text != "}" {
		return TSIG{}, wrong(i)
	}
	if i++; i < len(t) && t[i].text == ";" {
		i++
	}
	if i != len(t) {
		return TSIG{}, fmt.Errorf("line %d: text after the key; one key per file", t[i].line)
	}
	return k, k.Validate()
}

func secretOf(t keyToken) (Secret, error) {
	b, err := base64.StdEncoding.DecodeString(t.text)
	if err != nil || len(b) == 0 {
		return Secret{}, fmt.Errorf("line %d: the secret is not base64", t.line)
	}
	return NewSecret(b), nil
}
