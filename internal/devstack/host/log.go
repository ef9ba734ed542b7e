package host

import (
	"io"
	"os"
)

const longLog = 10 << 20 // bytes

// OpenLog opens a server's log to append to it, from the beginning where it has become long.
func OpenLog(path string) (*os.File, error) {
	how := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > longLog {
		how |= os.O_TRUNC
	}
	return os.OpenFile(path, how, 0o600)
}

// LastLines is the end of a log, for an error message.
func LastLines(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > 2000 {
		_, _ = file.Seek(-2000, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	return string(text)
}
