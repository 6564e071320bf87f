//go:build race

package faultmatrix

// fraction is the part of the spread's codes and of the endurance that runs: the race detector makes all slower.
const fraction = 10

// everyRow is of how many rows of the spread one runs: what a kind of fault does is the same with the race detector, what runs
// beside what depends on the operation.
const everyRow = 6
