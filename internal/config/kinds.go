package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// url takes an address of a server; its password is masked.
func (r *reader) url(name, schemes, about string) string {
	text, set := r.read(name, "", about)
	if !set {
		return ""
	}
	r.last().Value = maskURL(text)
	u, err := url.Parse(text)
	if err != nil || !slices.Contains(strings.Fields(schemes), u.Scheme) || (u.Host == "" && u.Path == "") {
		r.reject("a URL that begins with %s://", strings.ReplaceAll(schemes, " ", ":// or "))
		return ""
	}
	return text
}

func (r *reader) ip(name, otherwise, about string) netip.Addr {
	text, _ := r.read(name, otherwise, about)
	if text == "localhost" {
		text = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		r.reject("an IP address such as 127.0.0.1 or ::")
		return netip.MustParseAddr(otherwise)
	}
	return addr
}

// networks takes addresses and networks, separated by commas or blanks, also as a list in brackets and
// quotes: ['127.0.0.1', '::1'].
func (r *reader) networks(name, otherwise, about string) []netip.Prefix {
	text, _ := r.read(name, otherwise, about)
	var all []netip.Prefix
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(" ,[]'\"", c) }) {
		network, err := netip.ParsePrefix(part)
		if addr, errAddr := netip.ParseAddr(part); errAddr == nil {
			addr = addr.Unmap()
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			r.reject("addresses and networks such as 127.0.0.1, 10.0.0.0/8 or ::1")
			return nil
		}
		all = append(all, network.Masked())
	}
	return all
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// host returns nothing when the variable is not set: the default lies in the seeds.
func (r *reader) host(name, otherwise, about string) string {
	text, set := r.read(name, otherwise, about)
	if !hostName.MatchString(text) {
		r.reject("a host name such as help.example.com, without scheme or path")
	}
	if !set {
		return ""
	}
	return text
}

// object takes a JSON object or its base64. It is masked, because it may hold passwords.
func (r *reader) object(name, about string) []byte {
	text, set := r.read(name, "", about)
	if !set {
		return nil
	}
	r.last().Value = masked
	data := []byte(text)
	if !strings.HasPrefix(text, "{") {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err != nil {
			r.reject("a JSON object, or the base64 of one")
			return nil
		}
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		r.reject("a JSON object, or the base64 of one (%v)", err)
		return nil
	}
	return data
}

const keyLength = 32 // bytes

// key takes 32 bytes in base64, from the variable or from the file where a generated one is kept.
func (r *reader) key(name, file, about string) []byte {
	text, set := r.read(name, "", about)
	if !set {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			r.last().Value = file
			r.reject("a readable file (%v)", err)
			return nil
		}
		text = strings.TrimSpace(string(data))
		r.last().Source = FromFile + " " + file
	}
	r.last().Value = masked
	decoded, err := decodeKey(text)
	if err != nil {
		r.reject("the base64 of %d bytes; make one with: openssl rand -base64 %d", keyLength, keyLength)
		return nil
	}
	return decoded
}

func decodeKey(text string) ([]byte, error) {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil && len(key) == keyLength {
			return key, nil
		}
	}
	return nil, errors.New("not a key")
}

var memorySize = regexp.MustCompile(`^[0-9]+(B|KiB|MiB|GiB|TiB)?$|^off$`)

// memory returns 0 when the variable is set: the Go runtime has read it already.
func (r *reader) memory(name string, otherwise int64, about string) int64 {
	text, set := r.read(name, strconv.FormatInt(otherwise>>20, 10)+"MiB", about)
	if !memorySize.MatchString(text) {
		r.reject("a size such as 100MiB, or off")
	}
	if set {
		return 0
	}
	return otherwise
}

// percent returns 0 when the variable is set: the Go runtime has read it already.
func (r *reader) percent(name string, otherwise int, about string) int {
	text, set := r.read(name, strconv.Itoa(otherwise), about)
	if n, err := strconv.Atoi(text); text != "off" && (err != nil || n < 1) {
		r.reject("a whole number above 0, or off")
	}
	if set {
		return 0
	}
	return otherwise
}
