import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

class RouteNimbus {
    static void answer(HttpExchange exchange, int status, String challenge, String body) throws IOException {
        if (challenge != null) exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    public static void main(String[] arguments) throws Exception {
        // The type is "at+jwt" with the profile rfc9068.
        var processor = VerifyNimbus.processor(
            System.getenv("ISSUER"), "nt24-integration-api", System.getenv("JWKS_URI"), "JWT", "ES256");
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/v1/orders", exchange -> {
            var credentials = exchange.getRequestHeaders().getFirst("Authorization");
            if (credentials == null || !credentials.regionMatches(true, 0, "Bearer ", 0, 7)) {
                answer(exchange, 401, "Bearer", "");
                return;
            }
            try {
                var claims = processor.process(credentials.substring(7), null);
                answer(exchange, 200, null, "orders for " + claims.getStringClaim("client_id") + "\n");
            } catch (Exception error) {
                System.err.println("refused: " + error.getMessage());
                answer(exchange, 401, "Bearer error=\"invalid_token\"", "");
            }
        });
        server.start();
    }
}
