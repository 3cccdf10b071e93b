// Receives events from vodpass. Set VODPASS_WEBHOOK_SECRETS and PORT, then: go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance = 300 * time.Second
	longest   = 1 << 20 // bytes
)

var (
	secrets [][]byte // two during a rotation
	seen    sync.Map // in your app: a unique column, written in one transaction with the effect
)

type event struct{ ID, Type, Subject string }

// verify returns the event. It returns an error if the signature or the time is wrong.
func verify(header http.Header, body []byte) (e event, err error) {
	timestamp := header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age > tolerance || age < -tolerance {
		return e, errors.New("the timestamp is too old or in the future")
	}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), timestamp, body)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, given := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal([]byte(expected), []byte(given)) {
				err = json.Unmarshal(body, &e)
				return e, err
			}
		}
	}
	return e, errors.New("the signature matches none of our secrets")
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
	var e event
	if err == nil {
		e, err = verify(r.Header, body)
	}
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	// of a video's state, a repeat with a newer time counts too
	if _, repeated := seen.LoadOrStore(e.ID, true); !repeated {
		fmt.Println(e.Type, e.Subject)
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	for _, one := range strings.Split(os.Getenv("VODPASS_WEBHOOK_SECRETS"), ",") {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(one), "whsec_"))
		if err != nil || len(secret) < 24 {
			log.Fatal("VODPASS_WEBHOOK_SECRETS must be whsec_ and base64; two secrets are separated by a comma")
		}
		secrets = append(secrets, secret)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on http://" + listener.Addr().String())
	server := http.Server{Handler: http.HandlerFunc(receive), ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
