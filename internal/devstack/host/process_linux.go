package host

import (
	"syscall"
)

func dieWithUs(attr *syscall.SysProcAttr, farewell syscall.Signal) { attr.Pdeathsig = farewell }
