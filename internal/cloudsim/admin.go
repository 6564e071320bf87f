package cloudsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// adminFault is a fault in force, as the admin handler lists it.
type adminFault struct {
	ID    int   `json:"id"`
	Fault Fault `json:"fault"`
}

// Admin returns a handler to steer the simulation from another process, with paths relative to where it stands:
//
//	GET    /faults       the faults in force: [{"id": 1, "fault": {…}}]
//	POST   /faults       adds the Fault in the body; answers 201 {"id": 1}
//	DELETE /faults       removes all; DELETE /faults/1 removes one
//	GET    /calls        the requests so far, oldest first; ?operation= leaves out all others
//
// It has no authentication: serve it on loopback only.
func (s *Sim) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		list := []adminFault{}
		for _, f := range s.faults.list() {
			list = append(list, adminFault{f.id, f.Fault})
		}
		newJSON(http.StatusOK, list).write(w)
	})
	mux.HandleFunc("POST /faults", s.addFault)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.removeIf(func(*activeFault) bool { return true })
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || !s.faults.remove(id) {
			http.Error(w, "no such fault", http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) {
		operation := r.FormValue("operation")
		list := []Call{}
		for _, call := range s.Calls() {
			if operation == "" || operation == call.Operation {
				list = append(list, call)
			}
		}
		newJSON(http.StatusOK, list).write(w)
	})
	return mux
}

func (s *Sim) addFault(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var f Fault
	if err := json.Unmarshal(text, &f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	newJSON(http.StatusCreated, object{"id": s.faults.add(f)}).write(w)
}
