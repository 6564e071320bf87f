// Package alibaba reads the backups of ApsaraDB for MongoDB: API "dds", version 2015-12-01, through the official SDK.
//
// The SDK signs and sends. Answers are decoded here, because the SDK's own decoder loses a whole page to one bad value,
// and silently turns other bad values into wrong numbers.
//
// The package implements poll.Source and manual.Starter without importing them.
package alibaba
