import java.io.IOException;
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
                if (status == 401 && !renewed && challenge.contains("error=\"invalid_token\"")) {
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
}
