// Programs of docs/languages that call an API. Written by scripts/generate.ts.

export const languagePrograms = {
  spring: `import java.io.IOException;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.web.client.RestClient;

class CallSpring {
    static final Authentication principal =
        new AnonymousAuthenticationToken("backend", "backend", AuthorityUtils.createAuthorityList("ROLE_BACKEND"));

    /** Spring's manager keeps the token and renews it a minute before its end, but does not repeat a request. This does, once after a 401
     *  with invalid_token, and after a 429 as often as it is told, as late as Retry-After says. */
    record Bearer(OAuth2AuthorizedClientManager manager, OAuth2AuthorizedClientService kept) implements ClientHttpRequestInterceptor {
        @Override
        public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution) throws IOException {
            boolean renewed = false;
            for (int waits = 0;;) {
                var client = manager.authorize(OAuth2AuthorizeRequest.withClientRegistrationId("api").principal(principal).build());
                request.getHeaders().setBearerAuth(client.getAccessToken().getTokenValue());
                var response = execution.execute(request, body);
                int status = response.getStatusCode().value();
                var challenge = String.valueOf(response.getHeaders().getFirst("WWW-Authenticate"));
                if (status == 401 && !renewed && challenge.contains("error=\\"invalid_token\\"")) {
                    kept.removeAuthorizedClient("api", principal.getName());
                    renewed = true;
                } else if (status == 429 && waits++ < 2) {
                    pause(response.getHeaders().getFirst("Retry-After"));
                } else {
                    return response;
                }
                response.close();
            }
        }

        private static void pause(String retryAfter) throws IOException {
            try {
                Thread.sleep(1000 * Math.min(retryAfter == null ? 1 : Long.parseLong(retryAfter), 60));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException(interrupted);
            }
        }
    }

    public static void main(String[] arguments) {
        // In Spring Boot: spring.security.oauth2.client.registration.api.* and spring.security.oauth2.client.provider.api.issuer-uri
        var registration = ClientRegistrations.fromIssuerLocation(System.getenv("ISSUER"))
            .registrationId("api")
            .clientId(System.getenv("CLIENT_ID"))
            .clientSecret(System.getenv("CLIENT_SECRET"))
            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
            .build();
        var registrations = new InMemoryClientRegistrationRepository(registration);
        var kept = new InMemoryOAuth2AuthorizedClientService(registrations);
        var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, kept);
        var rest = RestClient.builder().requestInterceptor(new Bearer(manager, kept)).build();
        for (int call = 1; call <= 4; call++)
            System.out.println(rest.get().uri(System.getenv("API_URL")).retrieve().toBodilessEntity().getStatusCode().value());
    }
}`,
  springPom: `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>countersign</groupId>
  <artifactId>interop-spring7</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-resource-server</artifactId><version>7.0.8</version></dependency>
    <dependency><groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-jose</artifactId><version>7.0.8</version></dependency>
    <dependency><groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-client</artifactId><version>7.0.8</version></dependency>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-web</artifactId><version>7.0.10</version></dependency>
    <dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>2.21.8</version></dependency>
    <dependency><groupId>tools.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>3.3.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.20</version></dependency>
  </dependencies>
</project>`,
  python: `import base64, os, threading, time
from urllib.parse import quote

import httpx


class ClientCredentials(httpx.Auth):
    """Adds a token to each request: cached, renewed a minute before its end, and once after a 401 with invalid_token."""

    requires_response_body = True

    def __init__(self, token_url, client_id, client_secret):
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        self.headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        self.token_url, self.lock = token_url, threading.Lock()
        self.token, self.renew_at = None, 0.0

    def token_other_than(self, refused=None):
        with self.lock:  # one token request, however many threads
            if self.token in (None, refused) or time.monotonic() >= self.renew_at:
                answer = httpx.post(self.token_url, data={"grant_type": "client_credentials"}, headers=self.headers)
                answer.raise_for_status()
                body = answer.json()
                self.token, lifetime = body["access_token"], body["expires_in"]
                self.renew_at = time.monotonic() + max(lifetime - 60, lifetime / 2)
            return self.token

    def auth_flow(self, request):
        token = self.token_other_than()
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401 and 'error="invalid_token"' in response.headers.get("www-authenticate", ""):
            request.headers["authorization"] = f"Bearer {self.token_other_than(refused=token)}"
            yield request


def get(client, url):
    """Waits as long as a 429 says, at most three times. A POST may be repeated too: it was not executed."""
    for _ in range(3):
        response = client.get(url)
        if response.status_code != 429:
            break
        time.sleep(min(int(response.headers.get("retry-after", "1")), 60))
    return response


auth = ClientCredentials(os.environ["TOKEN_URL"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
with httpx.Client(auth=auth) as client:
    for _ in range(4):
        print(get(client, os.environ["API_URL"]).status_code, flush=True)`,
  go: `package main

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
	if err != nil || response.StatusCode != 401 || !strings.Contains(response.Header.Get("WWW-Authenticate"), \`error="invalid_token"\`) {
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
}`,
  dotnet: `using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;

static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

var tokens = new Tokens(new HttpClient(), Variable("TOKEN_URL"), Variable("CLIENT_ID"), Variable("CLIENT_SECRET"));
using var client = new HttpClient(new BearerHandler(tokens) { InnerHandler = new HttpClientHandler() });
for (var call = 1; call <= 4; call++)
    Console.WriteLine((int)(await client.GetAsync(Variable("API_URL"))).StatusCode);

/// <summary>The kept token until a minute before its end, unless it is the refused one. One token request, however many callers.</summary>
class Tokens(HttpClient http, string tokenUrl, string clientId, string clientSecret)
{
    private readonly SemaphoreSlim turn = new(1);
    private string? token;
    private DateTimeOffset renewAt;

    public async Task<string> OtherThan(string? refused, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (token is not null && token != refused && DateTimeOffset.UtcNow < renewAt) return token;
            var pair = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(clientSecret)}";
            var request = new HttpRequestMessage(HttpMethod.Post, tokenUrl)
            {
                Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials" }),
            };
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            var response = await http.SendAsync(request, cancel);
            response.EnsureSuccessStatusCode();
            var answer = (await response.Content.ReadFromJsonAsync<Answer>(cancel))!;
            renewAt = DateTimeOffset.UtcNow.AddSeconds(Math.Max(answer.Lifetime - 60, answer.Lifetime / 2));
            return token = answer.Token;
        }
        finally
        {
            turn.Release();
        }
    }

    record Answer([property: JsonPropertyName("access_token")] string Token, [property: JsonPropertyName("expires_in")] int Lifetime);
}

/// <summary>Renews the token once after a 401 with invalid_token, and waits as long as a 429 says, at most twice.</summary>
class BearerHandler(Tokens tokens) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (request.Content is not null) await request.Content.LoadIntoBufferAsync(cancel); // it may be sent again
        var renewed = false;
        for (var waits = 0; ;)
        {
            var token = await tokens.OtherThan(null, cancel);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var response = await base.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed
                && response.Headers.WwwAuthenticate.ToString().Contains("error=\\"invalid_token\\""))
            {
                renewed = true;
                await tokens.OtherThan(token, cancel);
            }
            else if (response.StatusCode == HttpStatusCode.TooManyRequests && waits++ < 2)
            {
                var seconds = response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 1;
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(seconds, 60)), cancel);
            }
            else return response;
            response.Dispose();
        }
    }
}`,
} as const
