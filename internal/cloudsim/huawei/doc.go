// Package huawei simulates the API of Huawei Cloud DDS, versions 3 and 3.1, and the part of IAM that its clients use.
//
// It is made from the documentation of the APIs. It must import nothing of this repository outside cloudsim: a mistake
// that it shared with the provider would stay unseen.
package huawei
