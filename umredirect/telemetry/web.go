package telemetry

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// PathCalls is where the last calls are read: GET ?after=NUMBER&wait=SECONDS, a long poll.
const PathCalls = "/v1/calls"

// longestWait of a long poll.
const longestWait = 30 * time.Second

// ServeHTTP answers [PathCalls]. It shows who calls whom: bind it where only operators come.
func (b *Book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if r.URL.Query().Get("after") != "" && err != nil {
		http.Error(w, "after: write a number", http.StatusBadRequest)
		return
	}
	seconds, err := strconv.ParseFloat(r.URL.Query().Get("wait"), 64)
	if r.URL.Query().Get("wait") != "" && (err != nil || !(seconds >= 0)) {
		http.Error(w, "wait: write seconds", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), min(longestWait, time.Duration(min(seconds, 3600)*float64(time.Second))))
	defer cancel()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(b.After(ctx, after)) // whoever asked has gone when this fails
}

// Metrics answers a Prometheus server.
func Metrics(b *Book, from Source) (http.Handler, error) {
	r := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{Collector(b, from), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{}), nil
}
