// Package logs keeps the log from harming the program: a log that nobody reads stops nothing, one cause makes one line
// however many clients meet it, and what libraries print goes through the logger, too.
//
// It knows no other package of the exporter.
package logs
