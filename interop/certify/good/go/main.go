// golang.org/x/oauth2/clientcredentials, with what it lacks: a pause after a failure, a valid token that outlives a failed renewal, and
// one repetition after 401.
package main

import (
	"context"
	"errors"
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

var issuer = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

type source struct {
	mutex            sync.Mutex
	token            *oauth2.Token
	renewAt, retryAt time.Time
}

func (s *source) Token() (*oauth2.Token, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := time.Now()
	if s.token != nil && now.Before(s.renewAt) {
		return s.token, nil
	}
	isValid := s.token != nil && now.Before(s.token.Expiry)
	if now.Before(s.retryAt) {
		if isValid {
			return s.token, nil
		}
		return nil, errors.New("too early for a token request")
	}
	token, err := request()
	if err == nil {
		lifetime := token.Expiry.Sub(now)
		if token.Expiry.IsZero() {
			lifetime = time.Minute
			token.Expiry = now.Add(lifetime)
		}
		s.token, s.renewAt = token, now.Add(lifetime*8/10)
		return token, nil
	}
	s.retryAt = time.Now().Add(pause(err))
	if isValid {
		return s.token, nil
	}
	return nil, err
}

func (s *source) drop(token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.token != nil && s.token.AccessToken == token {
		s.token = nil
	}
}

func request() (*oauth2.Token, error) {
	secret, err := os.ReadFile(os.Getenv("CLIENT_SECRET_FILE"))
	if err != nil {
		return nil, err
	}
	config := clientcredentials.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: strings.TrimSpace(string(secret)),
		TokenURL:     os.Getenv("TOKEN_URL"),
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	return config.Token(context.WithValue(context.Background(), oauth2.HTTPClient, issuer))
}

func pause(err error) time.Duration {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		if seconds, err := strconv.Atoi(refused.Response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			return time.Duration(seconds) * time.Second
		}
	}
	return time.Second
}

func call(tokens *source) (int, error) {
	for attempt := 0; ; attempt++ {
		token, err := tokens.Token()
		if err != nil {
			return 0, err
		}
		request, err := http.NewRequest(http.MethodGet, os.Getenv("API_URL")+"/v1/orders", nil)
		if err != nil {
			return 0, err
		}
		token.SetAuthHeader(request)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		response.Body.Close()
		isRefused := response.StatusCode == 401 && strings.Contains(response.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
		if !isRefused || attempt > 0 {
			return response.StatusCode, nil
		}
		tokens.drop(token.AccessToken)
	}
}

func main() {
	tokens := &source{}
	http.HandleFunc("GET /call", func(writer http.ResponseWriter, _ *http.Request) {
		status, err := call(tokens)
		if err != nil {
			fmt.Println("call failed")
		}
		if status != http.StatusOK {
			writer.WriteHeader(http.StatusBadGateway)
		}
	})
	if err := http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
