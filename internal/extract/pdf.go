package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	pdfreader "github.com/ledongthuc/pdf"
)

// Bounds on a process that reads a file.
const (
	aloneWithin = 20 * time.Second
	aloneMemory = 1 << 30 // bytes of address space, of which a Go program uses a small part
	aloneHeap   = 128 << 20
	maxPages    = 500
)

// outside reads a file in a process of its own, which is killed when it takes too long.
func (e *Extractor) outside(ctx context.Context, data []byte) (string, error) {
	if len(e.command) == 0 {
		return "", errors.New("no program to read it with")
	}
	limited, cancel := context.WithTimeout(ctx, aloneWithin)
	defer cancel()
	cmd := exec.CommandContext(limited, e.command[0], e.command[1:]...)
	cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	cmd.Stdin = bytes.NewReader(data)
	cmd.WaitDelay = time.Second
	text := &bounded{left: MaxText}
	cmd.Stdout = text
	err := cmd.Run()
	_, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fmt.Errorf("%w: not within %s", ErrBroken, aloneWithin)
	case ended:
		return "", fmt.Errorf("%w: %w", ErrBroken, err)
	case err != nil:
		return "", err
	}
	return text.String(), nil
}

// bounded keeps the beginning of what is written.
type bounded struct {
	strings.Builder
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	kept := p[:min(len(p), b.left)]
	b.left -= len(kept)
	b.Builder.Write(kept)
	return len(p), nil
}

// Alone reads a PDF from in and writes its text to out. It is the whole of a process: first it
// bounds itself, so that whatever a file does to the decoder, nobody else notices.
func Alone(in io.Reader, out io.Writer) error {
	if err := boundProcess(); err != nil {
		return err
	}
	debug.SetMemoryLimit(aloneHeap)
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return pdfText(data, out)
}

// pdfText writes the text page by page. Pages that can't be read are left out.
func pdfText(data []byte, out io.Writer) (err error) {
	defer func() { // the decoder panics where a file is broken
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: %v", ErrBroken, reason)
		}
	}()
	reader, err := pdfreader.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	written := 0
	for number := 1; number <= min(reader.NumPage(), maxPages) && written < MaxText; number++ {
		n, err := io.WriteString(out, pageText(reader.Page(number))+"\n")
		if err != nil {
			return err
		}
		written += n
	}
	return nil
}

func pageText(page pdfreader.Page) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	if page.V.IsNull() {
		return ""
	}
	text, err := page.GetPlainText(nil) // the fonts of this page: another's may mean others by the same names
	if err != nil {
		return ""
	}
	return text
}
