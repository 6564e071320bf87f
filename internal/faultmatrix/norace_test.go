//go:build !race

package faultmatrix

// fraction is the part of the spread's codes and of the endurance that runs: all.
const fraction = 1

// everyRow is of how many rows of the spread one runs: all.
const everyRow = 1
