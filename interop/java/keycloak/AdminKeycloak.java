import org.keycloak.OAuth2Constants;
import org.keycloak.admin.client.KeycloakBuilder;

/** Finds a client, generates a new secret for it, and prints the secret for the program that started this one. */
class AdminKeycloak {
    public static void main(String[] arguments) {
        try (var keycloak = KeycloakBuilder.builder()
            .serverUrl(System.getenv("SERVER_URL"))
            .realm("operators")
            .grantType(OAuth2Constants.CLIENT_CREDENTIALS)
            .clientId(System.getenv("OPERATOR_ID"))
            .clientSecret(System.getenv("OPERATOR_SECRET"))
            .build()) {
            var clients = keycloak.realm(System.getenv("REALM")).clients();
            var client = clients.findByClientId(System.getenv("CLIENT_ID")).get(0);
            System.out.println("found " + client.getClientId() + " " + client.isEnabled());
            System.out.println("secret " + clients.get(client.getId()).generateNewSecret().getValue());
        }
    }
}
