// Package huawei reads the backups of Document Database Service (DDS): API v3, through the official SDK.
//
// The SDK signs and sends, and has the models of the requests. Answers are decoded here, because the SDK's own models
// refuse a page of a hundred records for one bad value, and take an empty answer for an empty list.
//
// The package implements poll.Source and manual.Starter without importing them.
package huawei
