// Package cli is the command line: a file per command, flags, tables, progress and exit codes. What the commands do
// stands elsewhere.
package cli
