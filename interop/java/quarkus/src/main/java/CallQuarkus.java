import io.quarkus.oidc.client.OidcClient;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

@QuarkusMain
public class CallQuarkus implements QuarkusApplication {
    @Inject
    OidcClient client;

    @Override
    public int run(String... arguments) throws Exception {
        var token = client.getTokens().await().indefinitely().getAccessToken();
        var request = HttpRequest.newBuilder(URI.create(System.getenv("API_URL"))).header("Authorization", "Bearer " + token).build();
        System.out.println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode());
        return 0;
    }

    public static void main(String[] arguments) {
        Quarkus.run(CallQuarkus.class, arguments);
    }
}
