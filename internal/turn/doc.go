// Package turn is what a question and the calls that answer it tell each other about waiting: the question, how urgent it
// is; a call, that it waits for a rate limit. Meanwhile the question needs no place among those that are asked at the same
// time, and its time stands still.
package turn
