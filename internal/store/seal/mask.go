package seal

// Mask returns options with every secret that is set replaced by mask.
func Mask(options map[string]any, mask string) map[string]any {
	masked, _ := Each(options, func(secret string) (string, error) {
		if secret == "" {
			return "", nil
		}
		return mask, nil
	})
	return masked
}

// Unmask returns options with every secret that is still the mask replaced by the one that
// former has in the same place.
func Unmask(options, former map[string]any, mask string) map[string]any {
	out := make(map[string]any, len(options))
	for key, value := range options {
		out[key] = value
		switch v := value.(type) {
		case map[string]any:
			below, _ := former[key].(map[string]any)
			out[key] = Unmask(v, below, mask)
		case string:
			if known, ok := former[key].(string); ok && v == mask && secretKeys[key] {
				out[key] = known
			}
		}
	}
	return out
}
