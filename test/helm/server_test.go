package helm

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// operator is the module whose kinds ServiceMonitor and PrometheusRule are.
const operator = "github.com/prometheus-operator/prometheus-operator@v0.85.0"

// server is a Kubernetes API server with its store, and nothing that would act on what is written there.
type server struct {
	url, kubeconfig string
	client          *http.Client
}

const token = "test"

// startServer starts etcd and an API server, which end with the test.
func startServer(t *testing.T) *server {
	t.Helper()
	apiserver := tool(t, "kube-apiserver")
	etcd, err := exec.LookPath("etcd")
	if err != nil {
		notChecked(t, "on a server: there is no etcd, which is in the Debian package etcd-server")
	}
	folder := t.TempDir()
	store, peer := "http://"+freeAddress(t), "http://"+freeAddress(t)
	runUntilEnd(t, etcd, "--data-dir="+folder+"/etcd", "--unsafe-no-fsync", "--logger=zap",
		"--listen-client-urls="+store, "--advertise-client-urls="+store, "--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)

	writeKeys(t, folder)
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	runUntilEnd(t, apiserver, "--etcd-servers="+store, "--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir="+folder,
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+folder+"/sa.pub",
		"--service-account-signing-key-file="+folder+"/sa.key", "--token-auth-file="+folder+"/tokens.csv",
		"--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount")

	s := &server{url: "https://" + address, kubeconfig: folder + "/kubeconfig", client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // it is this machine, and the certificate is of its own making
	}}}
	var last string
	eventually(t, "API server", func() bool {
		status, _, body, err := s.try(t.Context(), http.MethodGet, "/readyz", "", nil)
		last = fmt.Sprint(status, err, string(body))
		return err == nil && status == http.StatusOK
	}, func() string { return last })
	return s
}

// writeKeys writes what the server signs and checks with, and how Helm reaches it.
func writeKeys(t *testing.T, folder string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"sa.key":     pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		"sa.pub":     pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
		"tokens.csv": []byte(token + `,admin,admin,"system:masters"` + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// runUntilEnd runs a program until the test ends. When the test fails, the end of what it printed is logged.
func runUntilEnd(t *testing.T, program string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // nothing of it is kept
		_ = command.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s:\n%s", program, text[max(0, len(text)-3000):])
		}
		log.Close()
	})
}

// try sends a request. It returns the status, the warnings and the body.
func (s *server) try(ctx context.Context, method, path, contentType string, body []byte) (status int, warnings []string, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Values("Warning"), answer, err
}

// create creates an object, or with dryRun asks whether it would be.
func (s *server) create(t *testing.T, path string, o any, dryRun bool) (status int, warnings []string, answer string) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	query := "?fieldValidation=Strict"
	if dryRun {
		query += "&dryRun=All"
	}
	status, warnings, body, err := s.try(t.Context(), http.MethodPost, path+query, "application/json", text)
	if err != nil {
		t.Fatal(err)
	}
	return status, warnings, string(body)
}

// namespace makes a namespace that only takes restricted pods, and says so of workloads.
func (s *server) namespace(t *testing.T, name string) {
	t.Helper()
	status, _, answer := s.create(t, "/api/v1/namespaces", object{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": object{"name": name, "labels": object{
			"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted",
		}},
	}, false)
	if status != http.StatusCreated {
		t.Fatalf("namespace %s: HTTP %d\n%s", name, status, answer)
	}
}

// get returns an object; nil where there is none.
func (s *server) get(t *testing.T, path string) object {
	t.Helper()
	status, _, body, err := s.try(t.Context(), http.MethodGet, path, "", nil)
	switch {
	case err != nil:
		t.Fatal(err)
	case status == http.StatusNotFound:
		return nil
	case status != http.StatusOK:
		t.Fatalf("%s: HTTP %d\n%s", path, status, body)
	}
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// helm runs Helm against the server.
func (s *server) helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	if _, err := os.Stat(s.kubeconfig); err != nil {
		s.writeKubeconfig(t)
	}
	return helm(t, append(args, "--kubeconfig="+s.kubeconfig)...)
}

// mustHelm is helm where an error or a warning ends the test.
func (s *server) mustHelm(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := s.helm(t, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	if strings.Contains(strings.ToLower(stderr), "warning") {
		t.Errorf("helm %s:\n%s", strings.Join(args, " "), stderr)
	}
	return stdout
}

func (s *server) writeKubeconfig(t *testing.T) {
	t.Helper()
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters: [{name: test, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: test, user: {token: %q}}]
`, s.url, token)
	if err := os.WriteFile(s.kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// addOperatorKinds makes the server know the kinds of the Prometheus operator, which come from its own module.
func (s *server) addOperatorKinds(t *testing.T) {
	t.Helper()
	stdout, stderr, err := output(exec.CommandContext(t.Context(), "go", "mod", "download", "-json", operator))
	if err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(stdout), &module); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"servicemonitors", "prometheusrules"} {
		text := read(t, filepath.Join(module.Dir, "example/prometheus-operator-crd/monitoring.coreos.com_"+kind+".yaml"))
		status, _, answer, err := s.try(t.Context(), http.MethodPost, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "application/yaml", []byte(text))
		if err != nil || status != http.StatusCreated {
			t.Fatalf("%s: HTTP %d, error %v\n%s", kind, status, err, answer)
		}
	}
	eventually(t, "the operator's kinds", func() bool {
		o := s.get(t, "/apis/monitoring.coreos.com/v1")
		kinds, _ := o["resources"].([]any)
		return len(kinds) >= 2
	}, func() string { return "" })
}

// took logs how long a part took.
func took(t *testing.T, what string, since time.Time) {
	t.Helper()
	t.Logf("%s: %v", what, time.Since(since).Round(time.Millisecond))
}
