package server

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

//go:embed pages/refresh.js
var scriptText string

// scriptPath is where the script is that keeps pages up to date.
const scriptPath = "/-/refresh.js"

// scriptAddress names this version of the script, so that a browser may keep it.
func scriptAddress() string {
	sum := sha256.Sum256([]byte(scriptText))
	return scriptPath + "?" + hex.EncodeToString(sum[:6])
}

// script answers with the script of the pages.
func (s *Server) script(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "private, max-age=86400")
	s.write(w, "text/javascript; charset=utf-8", []byte(scriptText))
}
