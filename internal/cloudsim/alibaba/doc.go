// Package alibaba simulates the API of ApsaraDB for MongoDB, "dds" version 2015-12-01, with both of its signature
// schemes.
//
// It is made from the documentation of the API. It must import nothing of this repository outside cloudsim: a mistake
// that it shared with the provider would stay unseen.
package alibaba
