package store

// MaskSecrets returns options with every secret that is set replaced by mask.
func MaskSecrets(options map[string]any, mask string) map[string]any {
	masked, _ := eachSecret(options, func(secret string) (string, error) {
		if secret == "" {
			return "", nil
		}
		return mask, nil
	})
	return masked
}

// UnmaskSecrets returns options with every secret that is still the mask replaced by the one that
// former has in the same place.
func UnmaskSecrets(options, former map[string]any, mask string) map[string]any {
	out := make(map[string]any, len(options))
	for key, value := range options {
		out[key] = value
		switch v := value.(type) {
		case map[string]any:
			below, _ := former[key].(map[string]any)
			out[key] = UnmaskSecrets(v, below, mask)
		case string:
			if known, ok := former[key].(string); ok && v == mask && secretKeys[key] {
				out[key] = known
			}
		}
	}
	return out
}
