package dnsupdate_test

func domainFaults() []fault { return nil }
