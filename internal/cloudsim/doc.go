// Package cloudsim simulates the clouds over HTTP, for the demo and for every test above unit level: ApsaraDB for MongoDB
// (API "dds" version 2015-12-01) with STS, and Huawei DDS v3 with its IAM.
//
// It checks what the clouds check (signatures, dates, nonces, parameters) and answers in their words. So any client of
// the clouds should be able to use it: the official SDKs, the aliyun command-line tool, curl with a signature.
//
// What the simulated clouds hold is a [fleet.Fleet]. What goes wrong with them is a [Fault]. Where the documentation
// leaves open what they do, [Variants] chooses. The two protocols are packages of their own, and share httpsim.
//
// All of it is made from the documentation of the APIs. It must import nothing of this repository outside cloudsim: a
// mistake that it shared with the providers would stay unseen.
package cloudsim
