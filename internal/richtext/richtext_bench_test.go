package richtext

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// cpuTime is what this process has computed so far: on a busy machine it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// newsletter is HTML as mailers write it, about size bytes of it.
func newsletter(size int) string {
	const row = `<tr style="background-color:#fafafa"><td width="300" style="padding: 4px; font-family: Arial, sans-serif; color: #333333">` +
		`<p style="margin:0">Dear <b>Ms Miller</b>,<br>your order <a href="https://shop.example.com/orders/4711?x=1&amp;y=2">4711</a> ` +
		`has been sent. See www.example.com/track &#8211; or call us.</p></td><td><img src="cid:logo@x" width="120" height="40" alt="Logo">` +
		`<span style="font-size:11px; color: #999999">Gr&uuml;&szlig;e</span>&nbsp;<o:p></o:p></td></tr>` + "\r\n"
	return "<html><head><title>x</title><style>p { margin: 0 }</style></head><body><table>" +
		strings.Repeat(row, max(1, size/len(row))) + "</table><div>-- <br>Shop Ltd</div></body></html>"
}

func benchmarkSanitize(b *testing.B, size int) {
	source := newsletter(size)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if clean, _ := Sanitize(source, Options{}); !strings.Contains(clean, "Ms Miller") {
			b.Fatal("the text is gone")
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func BenchmarkSanitize1KB(b *testing.B) { benchmarkSanitize(b, 1<<10) }
func BenchmarkSanitize5KB(b *testing.B) { benchmarkSanitize(b, 5<<10) }
func BenchmarkSanitize1MB(b *testing.B) { benchmarkSanitize(b, 1<<20) }

func BenchmarkToText1MB(b *testing.B) {
	source := newsletter(1 << 20)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		if !strings.Contains(ToText(source), "Ms Miller") {
			b.Fatal("the text is gone")
		}
	}
}
