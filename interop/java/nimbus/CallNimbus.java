import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;

class CallNimbus {
    static final HttpClient http = HttpClient.newHttpClient();
    static String token;
    static Instant renewAt = Instant.MIN;

    /** The kept token until a minute before its end, unless it is the refused one. One token request, however many threads. */
    static synchronized String tokenOtherThan(String refused) throws Exception {
        if (token != null && !token.equals(refused) && Instant.now().isBefore(renewAt)) return token;
        var client = new ClientSecretBasic(new ClientID(System.getenv("CLIENT_ID")), new Secret(System.getenv("CLIENT_SECRET")));
        var request = new TokenRequest.Builder(URI.create(System.getenv("TOKEN_URL")), client, new ClientCredentialsGrant()).build();
        var answer = TokenResponse.parse(request.toHTTPRequest().send());
        if (!answer.indicatesSuccess()) throw new IllegalStateException(answer.toErrorResponse().getErrorObject().toString());
        var granted = answer.toSuccessResponse().getTokens().getAccessToken();
        long lifetime = granted.getLifetime();
        renewAt = Instant.now().plusSeconds(Math.max(lifetime - 60, lifetime / 2));
        return token = granted.getValue();
    }

    static HttpResponse<String> send(String url, String token) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token).build(), BodyHandlers.ofString());
    }

    /** Renews the token once after a 401 with invalid_token, and waits as long as a 429 says, at most twice. */
    static HttpResponse<String> get(String url) throws Exception {
        for (int attempt = 1;; attempt++) {
            var token = tokenOtherThan(null);
            var response = send(url, token);
            if (response.statusCode() == 401 && response.headers().firstValue("WWW-Authenticate").orElse("").contains("error=\"invalid_token\""))
                response = send(url, tokenOtherThan(token));
            if (response.statusCode() != 429 || attempt == 3) return response;
            long seconds = Long.parseLong(response.headers().firstValue("Retry-After").orElse("1"));
            Thread.sleep(1000 * Math.min(seconds, 60));
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (int call = 1; call <= 4; call++) System.out.println(get(System.getenv("API_URL")).statusCode());
    }
}
