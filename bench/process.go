package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is the unit of CPU times in /proc (sysconf(_SC_CLK_TCK), 100 on every Linux we know).
const ticksPerSecond = 100

// cpuByName returns the CPU time of all processes so far, by program name. Times of ended children
// count with their parent.
func cpuByName() map[string]time.Duration {
	used := map[string]time.Duration{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		name, ticks := parseStat(string(data))
		used[program(name)] += time.Duration(ticks) * time.Second / ticksPerSecond
	}
	return used
}

// parseStat reads name and CPU ticks from a line of /proc/PID/stat (proc(5)).
func parseStat(line string) (name string, ticks int64) {
	open, closed := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || closed < open {
		return "", 0
	}
	fields := strings.Fields(line[closed+1:])
	const utime = 11 // field 14 of the line, counted from the state
	if len(fields) < utime+4 {
		return "", 0
	}
	for _, field := range fields[utime : utime+2] {
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return line[open+1 : closed], ticks
}

// program sorts process names into the parts of the system that we report on.
func program(name string) string {
	switch {
	case strings.HasPrefix(name, "postroom"):
		return "postroom"
	case strings.HasPrefix(name, "postgres"):
		return "postgres"
	case strings.HasPrefix(name, "redis"):
		return "redis"
	case strings.HasPrefix(name, "imap"), strings.HasPrefix(name, "dovecot"), name == "anvil", name == "auth", name == "stats":
		return "dovecot"
	case strings.HasPrefix(name, "bench"):
		return "bench"
	}
	return "other"
}

// peakMemory returns the most memory a process ever held, in bytes.
func peakMemory(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no VmHWM for process %d", pid)
}

// machine describes what the numbers were measured on.
func machine() string {
	cpu := "unknown CPU"
	info, _ := os.ReadFile("/proc/cpuinfo")
	cores := 0
	for line := range strings.Lines(string(info)) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name":
			cpu, cores = strings.TrimSpace(value), cores+1
		}
	}
	memory := "?"
	mem, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(mem)) {
		if total, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(total)[0])
			memory = fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%d × %s, %s memory", cores, cpu, memory)
}
