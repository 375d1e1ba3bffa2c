// java.net.http.HttpClient by hand: a lock that lets calls share one token request.
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

public class Backend {
  private static final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER).build();
  private static final Pattern accessToken = Pattern.compile("\"access_token\"\\s*:\\s*\"([^\"]+)\"");
  private static final Pattern expiresIn = Pattern.compile("\"expires_in\"\\s*:\\s*(\\d+)");

  private String token;
  private long renewAt, expiresAt, retryAt = System.nanoTime();

  private synchronized String getToken() throws Exception {
    long now = System.nanoTime();
    if (token != null && now - renewAt < 0) return token;
    boolean isValid = token != null && now - expiresAt < 0;
    if (now - retryAt >= 0) {
      try {
        requestToken();
      } catch (Exception error) {
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

  private void requestToken() throws Exception {
    String secret = Files.readString(Path.of(env("CLIENT_SECRET_FILE"))).trim();
    String basic = Base64.getEncoder().encodeToString((env("CLIENT_ID") + ":" + secret).getBytes());
    long sentAt = System.nanoTime();
    retryAt = sentAt + seconds(1);
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(env("TOKEN_URL")))
                .timeout(Duration.ofSeconds(10))
                .header("Authorization", "Basic " + basic)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build(),
            BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      retryAt = System.nanoTime() + seconds(response.headers().firstValueAsLong("Retry-After").orElse(1));
      throw new IOException("the token endpoint answered " + response.statusCode());
    }
    var found = accessToken.matcher(response.body());
    if (!found.find()) throw new IOException("the token endpoint returned no token");
    var lifetime = expiresIn.matcher(response.body());
    long seconds = lifetime.find() ? Long.parseLong(lifetime.group(1)) : 60;
    token = found.group(1);
    renewAt = sentAt + seconds(seconds) / 10 * 8;
    expiresAt = sentAt + seconds(seconds);
    retryAt = sentAt;
  }

  private int call() throws Exception {
    for (int attempt = 0; ; attempt++) {
      String sent = getToken();
      HttpResponse<Void> response =
          http.send(
              HttpRequest.newBuilder(URI.create(env("API_URL") + "/v1/orders"))
                  .timeout(Duration.ofSeconds(10))
                  .header("Authorization", "Bearer " + sent)
                  .build(),
              BodyHandlers.discarding());
      String challenge = response.headers().firstValue("WWW-Authenticate").orElse("");
      if (response.statusCode() != 401 || !challenge.contains("error=\"invalid_token\"") || attempt > 0) return response.statusCode();
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
    Backend backend = new Backend();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT"))), 1024);
    server.setExecutor(Executors.newFixedThreadPool(64));
    server.createContext(
        "/call",
        exchange -> {
          int status = 502;
          try {
            status = backend.call() == 200 ? 200 : 502;
          } catch (Exception error) {
            System.out.println("call failed: " + error.getClass().getSimpleName());
          }
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }
}
