package server

import (
	"encoding/json"
	"net/http"

	"github.com/go-kit/log/level"
)

func (s *Server) text(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	s.body(w, []byte(text))
}

func (s *Server) json(w http.ResponseWriter, value any) {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	s.write(w, "application/json; charset=utf-8", append(body, '\n'))
}

func (s *Server) write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	s.body(w, body)
}

// body writes a response. A client that went away is not worth a line in the log.
func (s *Server) body(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		level.Debug(s.opts.Logger).Log("msg", "The client went away", "err", err)
	}
}
