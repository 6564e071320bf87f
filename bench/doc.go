// Package bench holds no code, only tests that measure: how fast a fleet is known, how old readings get under a cloud's
// quota, what scrapes cost. They run only when BENCH is set, as make bench does. docs/performance.md explains the figures.
//
// Hours of polling run in a bubble of testing/synctest: the exporter as it is wired, with the real SDKs, over a network in
// memory, against simulated clouds that throttle. Whatever is about processor time and memory runs in real time, against
// simulated clouds in another process; where a whole program is measured, it is the built one.
//
// It is a package of the exporter's module, because it needs nothing that the exporter does not need, and its rooms.
package bench
