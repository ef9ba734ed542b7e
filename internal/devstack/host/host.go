// Package host runs servers of our own on this machine.
//
// It finds their programs, a folder that they may write to, an account that they may run as when we
// are root, and ports that are free; it ends them when we end. It knows none of them by name.
package host
