//go:build !race

package faultmatrix

// fraction is the part of the spread's codes and of the endurance that runs: all.
const fraction = 1
