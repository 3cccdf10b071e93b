// Takes vodpass's events. Set VODPASS_WEBHOOK_SECRETS and PORT, then: go run receiver.go
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
	secrets [][]byte // two while they are rotated
	seen    sync.Map // in your app a unique column, written in one transaction with the effect
)

type event struct{ ID, Type, Subject string }

// verify gives the event, and an error for what vodpass did not sign, or not now.
func verify(header http.Header, body []byte) (e event, err error) {
	timestamp := header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age > tolerance || age < -tolerance {
		return e, errors.New("too old, or from the future")
	}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), timestamp, body)
		genuine := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, given := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal([]byte(genuine), []byte(given)) {
				err = json.Unmarshal(body, &e)
				return e, err
			}
		}
	}
	return e, errors.New("not signed with a secret of ours")
}

func take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
	var e event
	if err == nil {
		e, err = verify(r.Header, body)
	}
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if _, repeated := seen.LoadOrStore(e.ID, true); !repeated {
		fmt.Println(e.Type, e.Subject)
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	for _, one := range strings.Split(os.Getenv("VODPASS_WEBHOOK_SECRETS"), ",") {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(one), "whsec_"))
		if err != nil || len(secret) < 24 {
			log.Fatal("VODPASS_WEBHOOK_SECRETS must be whsec_ and base64, or two with a comma between")
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
	server := http.Server{Handler: http.HandlerFunc(take), ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
