package cli

import (
	"bufio"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// lines is a writer that passes on each write.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// restoreLog undoes at the end of the test what Run does to the standard library's log.
func restoreLog(t *testing.T) {
	output, flags := stdlog.Writer(), stdlog.Flags()
	t.Cleanup(func() {
		stdlog.SetOutput(output)
		stdlog.SetFlags(flags)
	})
}

// TestLibrariesLogThroughTheLogger lets a server answer more than it was asked, which net/http's transport prints.
func TestLibrariesLogThroughTheLogger(t *testing.T) {
	log := make(lines, 10)
	restoreLog(t)
	if code := Run(t.Context(), []string{"check-config", "--config.file=nowhere.yml", "--log.format=json"}, Environment{Stdout: io.Discard, Stderr: log, Now: time.Now}); code != 1 {
		t.Fatalf("exit code %d", code)
	}
	<-log // the file does not exist

	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_, _ = io.WriteString(conn, `{"AccessKeySecret": "s3cret"}`)
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	select {
	case line := <-log:
		if !strings.Contains(line, `"err":"Unsolicited response received on idle HTTP channel starting with \"…\"`) || strings.Contains(line, "s3cret") {
			t.Errorf("logged %q; want JSON with the message and without the bytes of the answer", line)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was logged")
	}
}
