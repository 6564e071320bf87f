// Package wire reads single values out of what clouds answer, whatever the cloud: lenient in form (an id may come as a
// number, a number as a string, with spaces around), strict in meaning, and so that one bad value never costs more than
// itself. What could not be read is kept, to be counted and logged.
//
// It knows no SDK and makes no call: internal/cloudcall does that.
package wire
