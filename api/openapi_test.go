package api_test

import (
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"postroom/api/apitest"
)

func TestDocumentIsValidOpenAPI(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	answer := o.Send(o.Request("GET", "/api/v1/openapi.json", "")).Is(200)
	document, err := libopenapi.NewDocument(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	checker, faults := validator.NewValidator(document)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if valid, faults := checker.ValidateDocument(); !valid {
		for _, fault := range faults {
			t.Error(fault.Message, fault.Reason)
			for _, detail := range fault.SchemaValidationErrors {
				t.Error(detail.Location, detail.Reason)
			}
		}
	}
	if n := len(answer.Object()["paths"].(map[string]any)); n < len(o.Server.Patterns())/3 {
		t.Errorf("%d paths of %d routes", n, len(o.Server.Patterns()))
	}
}
