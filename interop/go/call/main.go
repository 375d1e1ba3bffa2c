package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// bearer adds a token to each request. A token source of x/oauth2 keeps its token to the end of its lifetime, also one that was revoked,
// so a 401 with invalid_token replaces the source, once.
type bearer struct {
	config clientcredentials.Config
	mutex  sync.Mutex
	source oauth2.TokenSource
	kept   string // the token of the source
}

func (b *bearer) tokenOtherThan(refused string) (string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.source == nil || refused != "" && b.kept == refused {
		b.source = oauth2.ReuseTokenSourceWithExpiry(nil, b.config.TokenSource(context.Background()), time.Minute)
	}
	token, err := b.source.Token()
	if err != nil {
		return "", err
	}
	b.kept = token.AccessToken
	return b.kept, nil
}

func (b *bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := b.tokenOtherThan("")
	if err != nil {
		return nil, err
	}
	response, err := send(request, token)
	if err != nil || response.StatusCode != 401 || !strings.Contains(response.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		return response, err
	}
	response.Body.Close()
	if token, err = b.tokenOtherThan(token); err != nil {
		return nil, err
	}
	return send(request, token)
}

func send(request *http.Request, token string) (*http.Response, error) {
	again := request.Clone(request.Context())
	if request.GetBody != nil {
		again.Body, _ = request.GetBody()
	}
	again.Header.Set("Authorization", "Bearer "+token)
	return http.DefaultTransport.RoundTrip(again)
}

// get waits as long as a 429 says, at most three times.
func get(client *http.Client, url string) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := client.Get(url)
		if err != nil || response.StatusCode != 429 || attempt == 3 {
			return response, err
		}
		response.Body.Close()
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		time.Sleep(time.Duration(min(max(seconds, 1), 60)) * time.Second)
	}
}

func main() {
	client := &http.Client{Transport: &bearer{config: clientcredentials.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		TokenURL:     os.Getenv("TOKEN_URL"),
	}}}
	for range 4 {
		response, err := get(client, os.Getenv("API_URL"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		response.Body.Close()
		fmt.Println(response.StatusCode)
	}
}
