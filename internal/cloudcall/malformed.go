package cloudcall

import (
	"compress/flate"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// brokenHead begins the errors of net/http about a connection whose answer has no header that can be read.
const brokenHead = "net/http: HTTP/1.x transport connection broken: "

// malformedHead returns what is wrong with an answer whose header is no HTTP, in words without its bytes: they may be
// secrets. It returns "" for a failed connection, which may work the next time.
func malformedHead(err error) string {
	_, what, found := strings.Cut(err.Error(), brokenHead)
	switch {
	case !found, lostConnection(err):
		return ""
	case strings.Contains(what, "headers exceeded"):
		return fmt.Sprintf("the header of the answer is larger than %d bytes", maxHeader)
	}
	if end := strings.IndexAny(what, `"[;`); end >= 0 {
		what = what[:end]
	}
	return "the answer is no HTTP: " + strings.TrimRight(what, " :")
}

// malformedBody is malformedHead for the body of an answer.
func malformedBody(err error) string {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	text := err.Error()
	switch {
	case lostConnection(err):
		return ""
	case corrupt, errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return "the answer is not valid gzip"
	case strings.Contains(text, "chunk"), strings.Contains(text, "header line too long"):
		return "the chunks of the answer are not valid"
	case strings.Contains(text, "trailer") && !strings.Contains(text, "EOF"), strings.Contains(text, "malformed MIME header"):
		return "the trailer of the answer is not valid"
	}
	return ""
}

// lostConnection reports whether a connection ended or failed, whatever came over it.
func lostConnection(err error) bool {
	_, isNet := errors.AsType[net.Error](err)
	_, isTLS := errors.AsType[tls.RecordHeaderError](err)
	return isNet || isTLS || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
