//go:build unix

package extract

import "syscall"

// boundProcess takes from this process what it does not need: memory, time, files to write.
func boundProcess() error {
	for _, limit := range []struct {
		what int
		most uint64
	}{
		{syscall.RLIMIT_AS, aloneMemory},
		{syscall.RLIMIT_CPU, uint64(aloneWithin.Seconds())},
		{syscall.RLIMIT_FSIZE, 0},
		{syscall.RLIMIT_CORE, 0},
	} {
		if err := syscall.Setrlimit(limit.what, &syscall.Rlimit{Cur: limit.most, Max: limit.most}); err != nil {
			return err
		}
	}
	return nil
}
