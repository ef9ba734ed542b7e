package system

import (
	"net/http"

	"postroom/api/rest"
)

var packagesSample = rest.Record{{"packages", []rest.Record{}}, {"package_installation", false}, {"local_gemfiles", false}}

// listPackages: there are none, and never will be.
func (s *Room) listPackages(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"packages", []rest.Record{}}, {"package_installation", false}, {"local_gemfiles", false}})
}

// refusePackage: packages hold Ruby code, which there is nobody here to run.
func (s *Room) refusePackage(http.ResponseWriter, *http.Request) error {
	return rest.Invalid("package", "Packages can't be installed or removed: this helpdesk runs no code but its own.")
}
