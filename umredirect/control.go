package umredirect

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"siteswap/umredirect/health"
)

// Status is what a redirector says of itself.
type Status struct {
	Setting
	CanRoute   bool            `json:"can_route"`
	Leaving    bool            `json:"leaving,omitempty"`
	Targets    []string        `json:"targets"` // of the active site
	LegacyDown []string        `json:"legacy_down,omitempty"`
	Health     []health.Status `json:"health,omitempty"` // of every target of every site
	Alarms     []health.Alarm  `json:"alarms,omitempty"`
	Error      string          `json:"error,omitempty"` // why a setting was refused
}

// maxSetting is the longest body of a PUT.
const maxSetting = 64 << 10

// Status says what is in force.
func (s *Server) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.view.Load()
	st := Status{Setting: s.setting, CanRoute: CanRoute(now.table, now.state), Leaving: now.state.Leaving, Targets: []string{},
		Health: slices.Clone(s.health), Alarms: health.Alarms(s.health)}
	for _, t := range now.table.Targets(now.state.Site) {
		st.Targets = append(st.Targets, t.address())
	}
	for _, name := range sortedKeys(now.table.LegacyTargets()) {
		if len(alive(now.table.LegacyTargets()[name], now.state)) == 0 {
			st.LegacyDown = append(st.LegacyDown, name)
		}
	}
	return st
}

// Control answers GET and PUT /v1/state, and GET [PathDecision]. It has no authentication of its own: bind it where only controllers come.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/state", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Status()) })
	mux.HandleFunc("PUT /v1/state", s.putState)
	mux.HandleFunc("GET "+PathDecision, s.explain)
	return mux
}

func (s *Server) putState(w http.ResponseWriter, r *http.Request) {
	var next Setting
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSetting)).Decode(&next); err != nil {
		s.refuse(w, http.StatusBadRequest, err)
		return
	}
	err := s.Set(next)
	switch {
	case err == nil:
		reply(w, http.StatusOK, s.Status())
	case errors.Is(err, ErrOlder), errors.Is(err, ErrConflict):
		s.refuse(w, http.StatusConflict, err)
	case errors.Is(err, ErrUnknownSite):
		s.refuse(w, http.StatusUnprocessableEntity, err)
	default:
		s.refuse(w, http.StatusInternalServerError, err)
	}
}

func (s *Server) refuse(w http.ResponseWriter, code int, err error) {
	s.o.Logger.Warn("setting refused", "error", err)
	st := s.Status()
	st.Error = err.Error()
	reply(w, code, st)
}

func reply(w http.ResponseWriter, code int, st Status) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(st) // whoever asked has gone when this fails
}
