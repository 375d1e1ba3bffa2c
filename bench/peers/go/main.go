// The same work as a token request of Countersign, in Go: parse the form, check the secret by an HMAC, sign the token, write an audit row
// that is on disk before the answer leaves, and an access-log line. Concurrent requests share a commit. One client; nothing else.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const (
	tokenPath  = "/realms/bench/protocol/openid-connect/token"
	issuer     = "https://auth.example.com/realms/bench"
	audience   = "nt24-integration-api"
	clientID   = "api-client-acme"
	scope      = "profile email"
	lifetime   = 300
	bodyLimit  = 32 * 1024
	batchLimit = 256
)

type claims struct {
	Exp            int64  `json:"exp"`
	Iat            int64  `json:"iat"`
	Jti            string `json:"jti"`
	Iss            string `json:"iss"`
	Aud            string `json:"aud"`
	Sub            string `json:"sub"`
	Typ            string `json:"typ"`
	Azp            string `json:"azp"`
	Scope          string `json:"scope"`
	ClientID       string `json:"client_id"`
	OrganizationID string `json:"organization_id"`
}

type answer struct {
	AccessToken      string `json:"access_token"`
	ExpiresIn        int    `json:"expires_in"`
	RefreshExpiresIn int    `json:"refresh_expires_in"`
	TokenType        string `json:"token_type"`
	NotBeforePolicy  int    `json:"not-before-policy"`
	Scope            string `json:"scope"`
}

type event struct {
	at      int64
	tokenID string
	address string
	written chan error
}

type accessLine struct {
	Time     int64  `json:"time"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	Status   int    `json:"status"`
	ClientID string `json:"clientId"`
	Address  string `json:"address"`
	Micros   int64  `json:"microseconds"`
}

type server struct {
	sign         func(digest []byte) ([]byte, error)
	header       string
	pepper       []byte
	secretDigest []byte
	organization string
	subject      string
	events       chan event
	logMutex     sync.Mutex
	accessLog    *bufio.Writer
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: floor ES256|RS256 FOLDER")
	}
	algorithm, folder := os.Args[1], os.Args[2]
	logFile, err := os.Create(filepath.Join(folder, "access.log"))
	check(err)
	secret := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	s := &server{pepper: randomBytes(32), organization: uuid(), subject: uuid(), events: make(chan event, batchLimit), accessLog: bufio.NewWriterSize(logFile, 64*1024)}
	s.sign = signer(algorithm)
	s.header = encode(map[string]string{"alg": algorithm, "typ": "JWT", "kid": base64.RawURLEncoding.EncodeToString(randomBytes(32))})
	s.secretDigest = s.digest(secret)
	go s.writeEvents(filepath.Join(folder, "audit.db"))
	go s.flushAccessLog()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	form := map[string]string{"grant_type": "client_credentials", "client_id": clientID, "client_secret": secret}
	ready, err := json.Marshal(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port, "path": tokenPath, "form": form})
	check(err)
	fmt.Println(string(ready))
	go endWithParent()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+tokenPath, s.token)
	check((&http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second}).Serve(listener))
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		s.refuse(w, r, started, http.StatusBadRequest, "invalid_request")
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("grant_type") != "client_credentials" {
		s.refuse(w, r, started, http.StatusBadRequest, "invalid_request")
		return
	}
	if form.Get("client_id") != clientID || !hmac.Equal(s.digest(form.Get("client_secret")), s.secretDigest) {
		s.refuse(w, r, started, http.StatusUnauthorized, "invalid_client")
		return
	}
	now := time.Now()
	tokenID := uuid()
	input := s.header + "." + encode(claims{now.Unix() + lifetime, now.Unix(), tokenID, issuer, audience, s.subject, "Bearer", clientID, scope, clientID, s.organization})
	written := make(chan error, 1)
	s.events <- event{now.UnixMilli(), tokenID, r.RemoteAddr, written}
	if err := <-written; err != nil {
		s.refuse(w, r, started, http.StatusServiceUnavailable, "temporarily_unavailable")
		return
	}
	digest := sha256.Sum256([]byte(input))
	signature, err := s.sign(digest[:])
	check(err)
	text, err := json.Marshal(answer{input + "." + base64.RawURLEncoding.EncodeToString(signature), lifetime, 0, "Bearer", 0, scope})
	check(err)
	s.send(w, r, started, http.StatusOK, text)
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, started time.Time, status int, code string) {
	text, err := json.Marshal(map[string]string{"error": code})
	check(err)
	s.send(w, r, started, status, text)
}

func (s *server) send(w http.ResponseWriter, r *http.Request, started time.Time, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Pragma", "no-cache")
	header.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return
	}
	line, err := json.Marshal(accessLine{started.UnixMilli(), r.Method, r.URL.Path, status, clientID, r.RemoteAddr, time.Since(started).Microseconds()})
	check(err)
	s.logMutex.Lock()
	defer s.logMutex.Unlock()
	s.accessLog.Write(line)
	s.accessLog.WriteByte('\n')
}

func (s *server) flushAccessLog() {
	for range time.Tick(100 * time.Millisecond) {
		s.logMutex.Lock()
		s.accessLog.Flush()
		s.logMutex.Unlock()
	}
}

// writeEvents commits what arrived during the commit before as one transaction; each row has a MAC over the row before it.
func (s *server) writeEvents(file string) {
	db, err := sql.Open("sqlite3", file+"?_journal_mode=WAL&_synchronous=FULL")
	check(err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("create table audit_events (id integer primary key, at integer, kind text, client_id text, address text, detail text, mac blob)")
	check(err)
	chain := randomBytes(32)
	for first := range s.events {
		batch := append(make([]event, 0, batchLimit), first)
	more:
		for len(batch) < batchLimit {
			select {
			case next := <-s.events:
				batch = append(batch, next)
			default:
				break more
			}
		}
		err := s.writeBatch(db, batch, &chain)
		for _, one := range batch {
			one.written <- err
		}
	}
}

func (s *server) writeBatch(db *sql.DB, batch []event, chain *[]byte) error {
	transaction, err := db.Begin()
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	insert, err := transaction.Prepare("insert into audit_events (at, kind, client_id, address, detail, mac) values (?, 'token.issued', ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, one := range batch {
		detail, err := json.Marshal(map[string]string{"tokenId": one.tokenID, "scope": scope})
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, s.pepper)
		mac.Write(*chain)
		fmt.Fprint(mac, one.at, clientID, one.address)
		mac.Write(detail)
		*chain = mac.Sum(nil)
		if _, err := insert.Exec(one.at, clientID, one.address, string(detail), *chain); err != nil {
			return err
		}
	}
	return transaction.Commit()
}

func (s *server) digest(secret string) []byte {
	mac := hmac.New(sha256.New, s.pepper)
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

func signer(algorithm string) func([]byte) ([]byte, error) {
	if algorithm == "RS256" {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		check(err)
		return func(digest []byte) ([]byte, error) { return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest) }
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return func(digest []byte) ([]byte, error) {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature, nil
	}
}

func encode(value any) string {
	text, err := json.Marshal(value)
	check(err)
	return base64.RawURLEncoding.EncodeToString(text)
}

func uuid() string {
	bytes := randomBytes(16)
	bytes[6] = bytes[6]&0x0f | 0x40
	bytes[8] = bytes[8]&0x3f | 0x80
	text := hex.EncodeToString(bytes)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

func randomBytes(count int) []byte {
	bytes := make([]byte, count)
	_, err := rand.Read(bytes)
	check(err)
	return bytes
}

// endWithParent ends the process when the measurement closes its standard input.
func endWithParent() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
