//go:build !race

package main

// raceEnabled tells that everything takes ten times as long.
const raceEnabled = false
