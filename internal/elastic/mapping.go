package elastic

// mapping says how the documents of a kind are read. Texts can be searched by word, and as a whole
// by .keyword; everything else is as the engine guesses from the first document, but for dates, of
// which a custom attribute's first text must not decide. dates are such fields, and their types.
func mapping(object string, dates map[string]string) map[string]any {
	properties := map[string]any{}
	for _, name := range times {
		properties[name] = date
	}
	for name, kind := range dates {
		properties[name] = map[string]any{"type": kind}
	}
	switch object {
	case Ticket:
		properties["article"] = map[string]any{"properties": map[string]any{
			"created_at": date, "updated_at": date, "preferences": kept,
			"attachment": map[string]any{"properties": map[string]any{
				"_name": words, "content": map[string]any{"type": "text", "norms": false}, "size": map[string]any{"type": "long"},
				"_content": kept, // is gone when the pipeline has read it
			}},
		}}
		properties["time_unit"] = map[string]any{"type": "double"}
		for _, person := range []string{"customer", "owner", "created_by", "updated_by"} {
			properties[person] = map[string]any{"properties": map[string]any{"preferences": kept}}
		}
		properties["preferences"] = kept
	case ChatSession: // dashboards ask from which country and page a visitor came
	default:
		properties["preferences"] = kept
	}
	return map[string]any{
		"date_detection": false,
		"dynamic_templates": []any{
			map[string]any{"times": map[string]any{"match_pattern": "regex", "match": "^.*_at$|^last_login$|^pending_time$", "mapping": date}},
			map[string]any{"texts": map[string]any{"match_mapping_type": "string", "mapping": words}},
		},
		"properties": properties,
	}
}

var times = []string{"created_at", "updated_at"}

var (
	date = map[string]any{"type": "date"}
	// Nobody is shown what fits best, but what was changed last: how long a text is need not be kept.
	words = map[string]any{"type": "text", "norms": false, "fields": map[string]any{"keyword": map[string]any{"type": "keyword", "ignore_above": 256}}}
	// kept can be read in the document and not be searched: its parts have any name and type.
	kept = map[string]any{"type": "object", "enabled": false}
)

// attachmentPipeline has the engine read the text of each attachment, and drop the file.
func attachmentPipeline() map[string]any {
	each := func(field string, processor map[string]any) map[string]any {
		return map[string]any{"foreach": map[string]any{"field": field, "ignore_missing": true, "ignore_failure": true, "processor": processor}}
	}
	attachment := each("article", each("_ingest._value.attachment", map[string]any{"attachment": map[string]any{
		"target_field": "_ingest._value", "field": "_ingest._value._content", "properties": []string{"content"},
		"ignore_missing": true, "ignore_failure": true,
	}}))
	dropped := each("article", each("_ingest._value.attachment", map[string]any{"remove": map[string]any{
		"field": "_ingest._value._content", "ignore_missing": true, "ignore_failure": true,
	}}))
	return map[string]any{
		"description": "Extract attachment information from articles", "processors": []any{attachment, dropped},
	}
}
