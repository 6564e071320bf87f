package cli

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestSystemdSocket starts the program as systemd does: with a socket that listens already.
func TestSystemdSocket(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	command := exec.CommandContext(t.Context(), "sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec "+program+" demo --web.systemd-socket")
	command.ExtraFiles = []*os.File{socket}
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	socket.Close()
	l.Close()                                                 // only the program has the socket now
	resp, err := http.Get("http://" + address + "/-/healthy") // waits in the socket until the program accepts
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s, want 200", resp.Status)
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &log)
	}
	if want := "msg=Listening address=" + address; !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, &log)
	}
}
