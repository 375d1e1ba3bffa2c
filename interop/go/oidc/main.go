//go:build !route

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
)

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
