package cloudsim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

const (
	certificateLife = 30 * 24 * time.Hour
	otherHost       = "another-host.example"
)

// Authority makes certificates for endpoints. Make one with [NewAuthority].
type Authority struct {
	now  time.Time
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority returns an authority whose certificates are valid from a day before now until 30 days after it. It fails
// without a source of random numbers.
func NewAuthority(now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated authority"},
		NotBefore: now.Add(-certificateLife), NotAfter: now.Add(certificateLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	return &Authority{now, cert, key}, err
}

// PEM returns the authority's own certificate, for clients that are to trust it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// forHost returns the good certificate of a host by "", and the others by their fault.
func (a *Authority) forHost(host string) (map[FaultKind]tls.Certificate, error) {
	yesterday := a.now.AddDate(0, 0, -1)
	all := make(map[FaultKind]tls.Certificate)
	for _, want := range []struct {
		kind     FaultKind
		host     string
		from, to time.Time
	}{
		{"", host, yesterday, a.now.Add(certificateLife)},
		{FaultWrongCertificate, otherHost, yesterday, a.now.Add(certificateLife)},
		{FaultExpiredCertificate, host, yesterday.AddDate(0, 0, -1), yesterday},
	} {
		certificate, err := a.certificate(want.host, want.from, want.to)
		if err != nil {
			return nil, err
		}
		all[want.kind] = certificate
	}
	return all, nil
}

func (a *Authority) certificate(host string, from, to time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return tls.Certificate{}, err
	}
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}
