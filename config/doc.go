// Package config turns the configuration file into plain values. It fills in the defaults, reads strictly, and reports
// every problem at once, each with its path and line in the file. No message and no printed value shows a secret.
//
// It imports the standard library, yaml.v3 and prometheus/common/model (for durations). It imports nothing of this
// project: the packages that use a value convert it to their own types.
package config
