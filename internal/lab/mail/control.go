package mail

import (
	"encoding/json"
	"net/http"
)

// maxControlBody is the largest request that the control interface reads.
const maxControlBody = 64 << 10

// Handler is the VIP's control interface:
//
//	GET /v1/pool           -> [{"server", "enabled", "healthy", "connections"}]
//	PUT /v1/pool/{server}  {"enabled": true, "run", "step", "attempt"} -> the server's line of the pool
//
// A load balancer cannot check how old a request is (architecture.md, "How one step is carried out": declared so); run,
// step and attempt are only recorded.
func (v *VIP) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/pool", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, v.Pool())
	})
	mux.HandleFunc("PUT /v1/pool/{server}", v.put)
	return mux
}

func (v *VIP) put(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Enabled *bool `json:"enabled"`
		Change
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	if err := d.Decode(&body); err != nil || body.Enabled == nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": `the body must be {"enabled": true or false, "run": .., "step": .., "attempt": ..}`})
		return
	}
	server := r.PathValue("server")
	if err := v.SetEnabled(server, *body.Enabled, body.Change); err != nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	for _, m := range v.Pool() {
		if m.Server == server {
			writeJSON(w, http.StatusOK, m)
			return
		}
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
