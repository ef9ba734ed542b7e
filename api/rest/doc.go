// Package rest is what all addresses of the API have in common: how requests are read, how records
// are shown, which errors become which answers, and who may ask for what.
//
// It knows no noun of the helpdesk by itself. A noun's room reads a request into Params or Input,
// and answers through a View; what is listed, shown, made, changed and deleted like everything else
// is a Resource.
package rest
