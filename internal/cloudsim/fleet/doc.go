// Package fleet is the world that the simulated clouds show: customers, their MongoDB instances, and the backups,
// policies and jobs of these over time.
//
// It knows no protocol: no HTTP, no signature, no field name of an API. It must import nothing of this repository.
package fleet
