// Package hep mirrors SIP messages to a Homer server in version 3 of its encapsulation protocol (HEP3, also called EEP): a
// header "HEP3" and a length, then chunks of {vendor, type, length, value}, all numbers big-endian.
//
// There is no maintained Go library for it: those of the Homer project are programs, not packages. [Append] writes a packet,
// [Parse] reads one; each is held to the other by fuzzing. [Sink] sends what a redirector sees, over UDP, and never makes a
// call wait: what does not fit its queue is counted and dropped.
package hep
