package rest

// What a request for another order looks like, and its answer.
var (
	OrderBody   = Record{{"prios", [][]int{}}}
	OrderAnswer = Record{{"success", true}}
)

// PriosIn reads the places that prios gives to records: [[id, prio], …].
func PriosIn[ID ~int64](p Params) (map[ID]int, error) {
	const key = "prios"
	prios := map[ID]int{}
	for _, entry := range p.List(key) {
		pair, _ := entry.([]any)
		if len(pair) != 2 {
			return nil, InvalidParam(key, entry)
		}
		id, isID := NumberOf(pair[0])
		prio, isPrio := Int32Of(pair[1])
		if !isID || !isPrio {
			return nil, InvalidParam(key, entry)
		}
		prios[ID(id)] = prio
	}
	return prios, nil
}
