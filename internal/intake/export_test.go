package intake

import "context"

// HoldMemory takes all the room for messages that are read, as one huge message does.
func (in *Intake) HoldMemory() (release func()) {
	_ = in.memory.Acquire(context.Background(), memoryForMails) // nobody else holds any
	return func() { in.memory.Release(memoryForMails) }
}
