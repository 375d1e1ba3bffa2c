// region docs
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// endregion

import (
	"bufio"
	"fmt"
	"os"
)

// region docs
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

// endregion

func verify(ctx context.Context, issuer, audience, typ, token string) (string, error) {
	verifier, err := newVerifier(ctx, issuer, audience)
	if err != nil || token == "discover" {
		return issuer, err
	}
	if err := checkType(token, typ); err != nil {
		return "", err
	}
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return "", err
	}
	var claims struct {
		ClientID string `json:"client_id"`
	}
	err = verified.Claims(&claims)
	return claims.ClientID, err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "\t")
		client, err := verify(context.Background(), parts[0], parts[1], parts[3], parts[5])
		if err != nil {
			fmt.Println("refused", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok", client)
		}
	}
}
