// Package httpsim is what the simulated protocols share: a request taken apart, an answer before it is sent, and the
// canonical forms that signatures are computed from.
//
// It knows the fleet but neither of the clouds. It must import nothing of this repository outside cloudsim.
package httpsim
