//go:build route

// region docs
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// guarded calls the handler with the token if it is valid, and else answers 401.
func guarded(verifier *oidc.IDTokenVerifier, handler func(http.ResponseWriter, *http.Request, *oidc.IDToken)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, accessToken, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			deny(w, `Bearer`)
			return
		}
		err := checkType(accessToken, "JWT") // of the realm; "at+jwt" with the profile rfc9068
		var token *oidc.IDToken
		if err == nil {
			token, err = verifier.Verify(r.Context(), accessToken)
		}
		if err != nil {
			log.Print(err) // without the token
			deny(w, `Bearer error="invalid_token"`)
			return
		}
		handler(w, r, token)
	}
}

func deny(w http.ResponseWriter, challenge string) {
	w.Header().Set("WWW-Authenticate", challenge)
	w.WriteHeader(http.StatusUnauthorized)
}

func main() {
	verifier, err := newVerifier(context.Background(), os.Getenv("ISSUER"), "nt24-integration-api")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /v1/orders", guarded(verifier, func(w http.ResponseWriter, _ *http.Request, token *oidc.IDToken) {
		var claims struct {
			ClientID string `json:"client_id"`
			Scope    string `json:"scope"`
		}
		if err := token.Claims(&claims); err != nil {
			log.Print(err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "orders for %s\n", claims.ClientID)
	}))
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}

// endregion
