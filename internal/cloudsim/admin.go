package cloudsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// adminFault is an injected fault as the admin handler lists it.
type adminFault struct {
	ID    int   `json:"id"`
	Fault Fault `json:"fault"`
}

// Admin returns a handler that controls the simulation from another process. Its paths are relative to its mount point:
//
//	GET    /faults       the injected faults: [{"id": 1, "fault": {…}}]
//	POST   /faults       adds the Fault in the body, answers 201 {"id": 1}
//	DELETE /faults       removes all faults
//	DELETE /faults/1     removes one fault
//	GET    /calls        the requests so far, oldest first; with ?operation= only those
//
// It has no authentication: serve it on a loopback address only.
func (s *Sim) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		list := []adminFault{}
		for _, f := range s.faults.list() {
			list = append(list, adminFault{f.id, f.Fault})
		}
		httpsim.NewJSON(http.StatusOK, list).Write(w)
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
		httpsim.NewJSON(http.StatusOK, list).Write(w)
	})
	return mux
}

func (s *Sim) addFault(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, httpsim.MaxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var f Fault
	if err := json.Unmarshal(text, &f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	httpsim.NewJSON(http.StatusCreated, httpsim.Object{"id": s.inject(f)}).Write(w)
}
