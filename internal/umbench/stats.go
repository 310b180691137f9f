package main

import (
	"slices"
	"time"
)

func (s sample) rate() float64 { return s.report.Rate() }
func (s sample) used() float64 { return s.cpu }
func (s sample) p50() float64  { return float64(s.report.P50 / time.Microsecond) }
func (s sample) p99() float64  { return float64(s.report.P99 / time.Microsecond) }

func median(samples []sample, f func(sample) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	var all []float64
	for _, s := range samples {
		all = append(all, f(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// ratio is the median of what one server had of what the other had in the same round: a machine that changes its pace between
// rounds, as virtual ones do, does not change it.
func ratio(one, other []sample, f func(sample) float64) float64 {
	var all []float64
	for i := range min(len(one), len(other)) {
		if of := f(other[i]); of > 0 {
			all = append(all, f(one[i])/of)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func least(samples []sample, f func(sample) float64) float64 {
	out := 0.0
	for i, s := range samples {
		if v := f(s); i == 0 || v < out {
			out = v
		}
	}
	return out
}

func lost(samples ...[]sample) (lost, wrong int) {
	for _, list := range samples {
		for _, s := range list {
			lost, wrong = lost+s.report.Lost, wrong+s.report.Wrong
		}
	}
	return lost, wrong
}
