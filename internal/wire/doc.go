// Package wire decodes the answers of clouds and reads single values out of them. It is the same for all clouds.
//
// It is lenient about form: an id may be a number, a number may be a string, and spaces around a value do not matter. It
// is strict about meaning: what it cannot read stays unset. One bad value costs that value only, and is kept to be
// counted and logged.
//
// It knows no SDK and makes no call: internal/cloudcall does that.
package wire
