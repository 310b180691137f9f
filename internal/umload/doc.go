// Package umload calls a SIP redirect server many thousand times per second as a PBX would, and looks at every answer: is it
// a 302, for this call and branch, with the Contact that its mailbox must have, the same bytes when asked again.
//
// It also throws what a redirector meets in bad times: garbage, the same INVITE twice, unusual but valid ones, callers who are
// nobody's peer. A call is lost when no answer came within a second; nothing is sent again to hide that.
package umload
