package smime

import (
	"errors"
	"fmt"
)

// What a stranger's ASN.1 may be like. Mail programs write content in pieces of a kilobyte or more.
const (
	maxDepth    = 32
	maxElements = 1 << 18
)

var errTruncated = errors.New("the data ends early")

// element is one ASN.1 element: with children, or with a value.
type element struct {
	tag      []byte
	children []element
	value    []byte
	size     int // of the content, in DER
}

// definite writes BER as mail programs make it, with lengths that are not known in advance, in a form
// that readers of DER take. Nesting and the number of elements are bounded.
func definite(ber []byte) ([]byte, error) {
	left := maxElements
	root, _, err := readElement(ber, 0, &left)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, root.size+16)
	return root.append(out), nil
}

// readElement reads the first element of some bytes and returns how long it was.
func readElement(b []byte, depth int, left *int) (element, int, error) {
	if *left--; *left < 0 || depth > maxDepth {
		return element{}, 0, errors.New("the data is nested too deep, or in too many pieces")
	}
	tag, err := tagLength(b)
	if err != nil {
		return element{}, 0, err
	}
	head, length, err := readLength(b[tag:])
	if err != nil {
		return element{}, 0, err
	}
	e, start := element{tag: b[:tag]}, tag+head
	constructed := b[0]&0x20 != 0
	if length > len(b)-start {
		return element{}, 0, errTruncated
	}
	if !constructed {
		if length < 0 {
			return element{}, 0, errors.New("a value has no length")
		}
		e.value, e.size = b[start:start+length], length
		return e, start + length, nil
	}
	end := len(b)
	if length >= 0 {
		end = start + length
	}
	for at := start; ; {
		if length >= 0 && at == end {
			return e, end, nil
		}
		if length < 0 && end-at >= 2 && b[at] == 0 && b[at+1] == 0 {
			return e, at + 2, nil
		}
		child, size, err := readElement(b[at:end], depth+1, left)
		if err != nil {
			return element{}, 0, err
		}
		e.children = append(e.children, child)
		e.size += len(child.tag) + lengthOf(child.size) + child.size
		at += size
	}
}

func tagLength(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, errTruncated
	}
	if b[0]&0x1f != 0x1f {
		return 1, nil
	}
	for i := 1; i < min(len(b), 5); i++ {
		if b[i]&0x80 == 0 {
			return i + 1, nil
		}
	}
	return 0, errors.New("a tag is too long")
}

// readLength returns how long the length itself is, and the length; -1 stands for one that is not known.
func readLength(b []byte) (head, length int, err error) {
	if len(b) == 0 {
		return 0, 0, errTruncated
	}
	if b[0] < 0x80 {
		return 1, int(b[0]), nil
	}
	n := int(b[0] & 0x7f)
	if n == 0 {
		return 1, -1, nil
	}
	if n > 4 || n >= len(b) {
		return 0, 0, fmt.Errorf("a length of %d bytes", n)
	}
	for _, digit := range b[1 : 1+n] {
		length = length<<8 | int(digit)
	}
	return 1 + n, length, nil
}

func lengthOf(size int) int {
	n := 1
	for rest := size; size >= 0x80 && rest > 0; rest >>= 8 {
		n++
	}
	return n
}

func (e element) append(out []byte) []byte {
	out = append(out, e.tag...)
	if n := lengthOf(e.size); n == 1 {
		out = append(out, byte(e.size))
	} else {
		out = append(out, byte(0x80|(n-1)))
		for shift := (n - 2) * 8; shift >= 0; shift -= 8 {
			out = append(out, byte(e.size>>shift))
		}
	}
	out = append(out, e.value...)
	for _, child := range e.children {
		out = child.append(out)
	}
	return out
}
