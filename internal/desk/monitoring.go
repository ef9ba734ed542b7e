package desk

// RecoveredState finds in what a monitoring system says of a state that all is well again, where no
// setting says it otherwise.
const RecoveredState = "(OK|UP)"
