// Package cloudsim simulates the clouds over HTTP: ApsaraDB for MongoDB (API "dds" version 2015-12-01) and Huawei DDS v3
// with its IAM, for the demo and for every test above unit level.
//
// It checks what the clouds check (signatures, dates, nonces, parameters) and answers in their words, so that any client
// of theirs should be able to use it: the official SDKs, the aliyun command-line tool, curl with a signature. What the documentation leaves open is a
// choice in [Variants]. What the simulated clouds hold is a [Fleet]; what goes wrong with them is a [Fault].
//
// It is made from the documentation of the APIs and must import nothing of this repository: a mistake that it shared
// with the providers would stay unseen.
package cloudsim
