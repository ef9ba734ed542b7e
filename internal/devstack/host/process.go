package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Look finds a program that may lie where only root's PATH leads.
func Look(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}

// A Process is a server we started.
type Process struct {
	cmd   *exec.Cmd
	Ended chan struct{} // closed when it is gone
}

// Launch starts the command under the account. Where the kernel can, it sends the farewell to
// the server when we die without a chance to stop it.
func Launch(cmd *exec.Cmd, a Account, farewell syscall.Signal) (*Process, error) {
	cmd.SysProcAttr = a.Attributes()
	dieWithUs(cmd.SysProcAttr, farewell)
	p := &Process{cmd: cmd, Ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel's farewell comes when the thread that started the child ends, so this
		// goroutine keeps its thread for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.Ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Running reports whether the server has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.Ended:
		return false
	default:
		return true
	}
}

// Stop sends the signals one after another, giving the server time after each.
func (p *Process) Stop(within time.Duration, signals ...syscall.Signal) {
	for _, signal := range append(signals, syscall.SIGKILL) {
		_ = p.cmd.Process.Signal(signal) // gone already: the same to us
		timer := time.NewTimer(within)
		select {
		case <-p.Ended:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
	<-p.Ended
}

// RunsIn reports whether process pid works in dir, as PostgreSQL does in its data folder. A
// number read from a stale file may have been given to another process since.
func RunsIn(pid int, dir string) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	if cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd")); err == nil {
		return cwd == dir
	}
	command, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(command), dir)
}

// Ports are drawn from below those that systems give to outgoing connections (32768 and up on
// Linux), so that nobody takes one by accident between our look and the server's start, or while
// the server is down for a moment.
const (
	firstPort = 10_240
	ports     = 21_757 // a prime, so that steps of any size come by all of them
)

// Within a process none is drawn twice, so that servers that start at the same time don't get the same.
// Each process begins at a place of its own and takes steps of its own: two that draw one port at the same
// time draw different ones when they try again.
var (
	firstDraw = rand.IntN(ports)
	step      = 1 + rand.IntN(ports-1)
	draws     atomic.Int64
)

// FreePort returns wanted if nobody listens there, else a port that is free now.
func FreePort(wanted int) (int, error) {
	for range 100 {
		if wanted == 0 {
			wanted = firstPort + (firstDraw+int(draws.Add(1))*step)%ports
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(Localhost, strconv.Itoa(wanted)))
		if err == nil {
			return wanted, listener.Close()
		}
		wanted = 0
	}
	return 0, errors.New("no free TCP port on " + Localhost)
}

// WriteProgram writes a program that is run at once. Another one that we start at the same time has a
// copy of our open files for a moment, and what somebody has open for writing can't be run.
func WriteProgram(path string, program []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, program, 0o755)
}

// Localhost is where all servers of our own listen.
const Localhost = "127.0.0.1"

// WaitGreeting waits until a mail server says hello at the port.
func (p *Process) WaitGreeting(ctx context.Context, port int) error {
	address := net.JoinHostPort(Localhost, strconv.Itoa(port))
	return Until(ctx, StartWithin, func() (bool, error) {
		if !p.Running() {
			return false, fmt.Errorf("%s ended", filepath.Base(p.cmd.Path))
		}
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false, nil
		}
		defer conn.Close()
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return false, err
		}
		_, err = conn.Read(make([]byte, 1))
		return err == nil, nil
	})
}

// CleanEnv is our environment without the variables that would change what a server does.
func CleanEnv() []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PG") && !strings.HasPrefix(entry, "LC_") && !strings.HasPrefix(entry, "LANG") {
			env = append(env, entry)
		}
	}
	return env
}
