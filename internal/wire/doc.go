// Package wire decodes the answers of clouds and reads single values out of them. It is the same for all clouds.
//
// It is lenient about form: an id may be a number, a number may be a string, and spaces around a value do not matter. It
// is strict about meaning: a value that it cannot read is left unset, and kept to be counted and logged. One bad value does
// not affect the values around it.
//
// An answer cannot cost much more memory than its size, whatever it holds: limits.go has how much an answer may hold.
//
// It knows no SDK and makes no call: internal/cloudcall does that.
package wire
