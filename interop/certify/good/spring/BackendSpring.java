// Spring Security requests and reads the tokens, RestClient calls the API. What Spring leaves out is here: a token for all threads that is used on
// while it is valid, pauses after a failure, a secret that is read again, and a call that is repeated once.
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.web.client.RestClient;

public class BackendSpring {
  private final RestClientClientCredentialsTokenResponseClient tokens = new RestClientClientCredentialsTokenResponseClient();
  private final RestClient api;
  private String token;
  private long renewAt, expiresAt, retryAt = System.nanoTime();

  BackendSpring() {
    var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER).build();
    var requests = new JdkClientHttpRequestFactory(http);
    requests.setReadTimeout(Duration.ofSeconds(10));
    tokens.setRestClient(tokenClient(requests));
    api = RestClient.builder().requestFactory(requests).defaultStatusHandler(status -> true, (request, response) -> {}).build();
  }

  private RestClient tokenClient(ClientHttpRequestFactory requests) {
    return RestClient.builder()
        .requestFactory(requests)
        .configureMessageConverters(
            converters ->
                converters
                    .addCustomConverter(new FormHttpMessageConverter())
                    .addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter()))
        .defaultStatusHandler(
            status -> !status.is2xxSuccessful(),
            (request, response) -> {
              String wait = response.getHeaders().getFirst("Retry-After");
              retryAt = System.nanoTime() + seconds(wait != null && wait.matches("\\d{1,9}") ? Long.parseLong(wait) : 1);
              throw new IOException("the token endpoint answered " + response.getStatusCode().value());
            })
        .build();
  }

  private synchronized String getToken() throws IOException {
    long now = System.nanoTime();
    if (token != null && now - renewAt < 0) return token;
    boolean isValid = token != null && now - expiresAt < 0;
    if (now - retryAt >= 0) {
      try {
        requestToken(now);
      } catch (IOException | RuntimeException error) {
        if (!isValid) throw error;
      }
    } else if (!isValid) {
      throw new IOException("too early for a token request");
    }
    return token;
  }

  private synchronized void drop(String refused) {
    if (refused.equals(token)) token = null;
  }

  private void requestToken(long sentAt) throws IOException {
    retryAt = sentAt + seconds(1);
    var registration =
        ClientRegistration.withRegistrationId("api")
            .tokenUri(env("TOKEN_URL"))
            .clientId(env("CLIENT_ID"))
            .clientSecret(Files.readString(Path.of(env("CLIENT_SECRET_FILE"))).trim())
            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
            .build();
    OAuth2AccessToken found = tokens.getTokenResponse(new OAuth2ClientCredentialsGrantRequest(registration)).getAccessToken();
    Instant issuedAt = found.getIssuedAt();
    long lifetime = Duration.between(issuedAt, found.getExpiresAt()).toSeconds();
    // Spring says one second where the response says nothing.
    if (lifetime <= 1) lifetime = 60;
    token = found.getTokenValue();
    renewAt = sentAt + seconds(lifetime) / 10 * 8;
    expiresAt = sentAt + seconds(lifetime);
    retryAt = sentAt;
  }

  private HttpStatusCode call() throws IOException {
    for (int attempt = 0; ; attempt++) {
      String sent = getToken();
      var response =
          api.get().uri(env("API_URL") + "/v1/orders").headers(headers -> headers.setBearerAuth(sent)).retrieve().toBodilessEntity();
      String challenge = String.valueOf(response.getHeaders().getFirst("WWW-Authenticate"));
      boolean isAboutToken = response.getStatusCode().value() == 401 && challenge.contains("error=\"invalid_token\"");
      if (!isAboutToken || attempt > 0) return response.getStatusCode();
      drop(sent);
    }
  }

  private static long seconds(long count) {
    return Duration.ofSeconds(count).toNanos();
  }

  private static String env(String name) {
    return System.getenv(name);
  }

  public static void main(String[] arguments) throws IOException {
    var backend = new BackendSpring();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT"))), 1024);
    server.setExecutor(Executors.newFixedThreadPool(64));
    server.createContext(
        "/call",
        exchange -> {
          int status = 502;
          try {
            if (backend.call().is2xxSuccessful()) status = 200;
          } catch (IOException | RuntimeException error) {
            System.out.println("call failed: " + error.getClass().getSimpleName());
          }
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }
}
