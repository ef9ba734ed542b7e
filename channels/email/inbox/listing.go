package inbox

import (
	"cmp"
	"fmt"
)

const (
	batchCount = 50
	batchBytes = 4 << 20
)

// listed is a message that waits to be fetched. ID is what its server calls it.
type listed[ID cmp.Ordered] struct {
	id    ID
	size  int64 // bytes; -1: the server didn't say
	place int   // among all that wait, for people; counts from 1
}

// listing is what a poll found in its mailbox.
type listing[ID cmp.Ordered] struct {
	mails []listed[ID] // to be fetched
	large []listed[ID] // to be left alone
	all   int          // how many wait
	more  bool         // there are more than one poll takes
}

// add takes a message in, to be fetched if it is not larger than maxSize.
func (l *listing[ID]) add(item listed[ID], maxSize int64) {
	if maxSize > 0 && item.size > maxSize {
		l.large = append(l.large, item)
	} else {
		l.mails = append(l.mails, item)
	}
}

// tooLarge says of each message that is left alone that it is.
func (l *listing[ID]) tooLarge(maxSize int64) (notices []string) {
	for _, item := range l.large {
		notices = append(notices, item.tooLarge(l.all, item.size, maxSize))
	}
	return notices
}

const mb = 1 << 20

// tooLarge says of a message that is left alone that it is too large.
func (item listed[ID]) tooLarge(all int, size, limit int64) string {
	return fmt.Sprintf("  - ignore message %d/%d - because message is too large (is:%.2f MB/max:%.2f MB)",
		item.place, all, float64(size)/mb, float64(limit)/mb)
}

// refused says of a message that was kept apart that it is too large.
func (item listed[ID]) refused(all int, size, limit int64) string {
	return fmt.Sprintf("  - download message %d/%d - ignore message because it's too large (is:%.2f MB/max:%.2f MB)",
		item.place, all, float64(size)/mb, float64(limit)/mb)
}

// maxNotices is how many messages are named; a mailbox may hold thousands of them.
const maxNotices = 20

func notices(all []string) []string {
	if len(all) <= maxNotices {
		return all
	}
	return append(all[:maxNotices:maxNotices], fmt.Sprintf("  - and %d more", len(all)-maxNotices))
}

// cut makes batches of bounded size.
func cut[ID cmp.Ordered](mails []listed[ID]) (batches [][]listed[ID]) {
	var batch []listed[ID]
	var size int64
	flush := func() {
		if len(batch) > 0 {
			batches = append(batches, batch)
		}
		batch, size = nil, 0
	}
	for _, item := range mails {
		alone := item.size < 0 || item.size >= batchBytes
		if alone || len(batch) == batchCount || size+item.size > batchBytes {
			flush()
		}
		batch, size = append(batch, item), size+item.size
		if alone {
			flush()
		}
	}
	flush()
	return batches
}
