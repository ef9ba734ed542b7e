package task

import "postroom/internal/desk"

// DirectoryToRead: somebody, or the hour, wants people to be brought in from directories.
type DirectoryToRead struct {
	ImportJobID desk.ImportJobID `json:"import_job_id"`
}

func (DirectoryToRead) Kind() string  { return "directory.read" }
func (DirectoryToRead) Queue() string { return Maintenance }
