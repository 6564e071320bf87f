// Package huawei reads the backup health of Document Database Service (DDS) instances on Huawei Cloud, through the
// official SDK (API v3).
//
// Signing, request models and transport are the SDK's; answers are decoded here, because the SDK's own models refuse a
// page of a hundred records for one bad value, and take an empty answer for an empty list.
package huawei
