package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// newVerifier: one for each realm; it caches the keys. The provider reads the metadata of the issuer, with its algorithms.
func newVerifier(ctx context.Context, issuer, audience string) (*oidc.IDTokenVerifier, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	// A token of the profile cognito has no audience.
	return provider.VerifierContext(ctx, &oidc.Config{ClientID: audience, SkipClientIDCheck: audience == ""}), nil
}

// checkType: go-oidc does not look at the type in the header.
func checkType(token, typ string) error {
	var header struct{ Typ string }
	bytes, _ := base64.RawURLEncoding.DecodeString(strings.SplitN(token, ".", 2)[0])
	if json.Unmarshal(bytes, &header) != nil || header.Typ != typ {
		return errors.New("not an access token of this realm")
	}
	return nil
}
