import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.springframework.security.oauth2.jwt.JwtException;
// region docs
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import java.util.List;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

class VerifySpring {
    /** The bean of a resource server, in place of the property issuer-uri. */
    static JwtDecoder jwtDecoder(String issuer, String audience, String jwksUri, String typ, String algorithm) {
        var decoder = NimbusJwtDecoder.withJwkSetUri(jwksUri)
            .jwsAlgorithm(SignatureAlgorithm.from(algorithm)) // otherwise only RS256
            // Without this line at+jwt is refused. A token of the profile cognito has no type, here null.
            .jwtProcessorCustomizer(processor -> processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(typ == null ? null : new JOSEObjectType(typ))))
            .build();
        // Not JwtValidators.createDefaultWithIssuer(): from Spring Security 7 on that refuses at+jwt, too.
        var hasAudience = new JwtClaimValidator<List<String>>("aud", aud -> audience == null || (aud != null && aud.contains(audience)));
        decoder.setJwtValidator(
            new DelegatingOAuth2TokenValidator<>(new JwtTimestampValidator(), new JwtIssuerValidator(issuer), hasAudience));
        return decoder;
    }
    // endregion

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null;) {
            var parts = line.split("\t", -1);
            String issuer = parts[0], audience = parts[1].isEmpty() ? null : parts[1], typ = parts[3].isEmpty() ? null : parts[3], token = parts[5];
            try {
                if (token.equals("discover")) {
                    var found = org.springframework.security.oauth2.client.registration.ClientRegistrations.fromIssuerLocation(issuer)
                        .clientId("any").build();
                    System.out.println("ok " + (found.getProviderDetails().getAuthorizationUri() != null ? issuer : "no authorization endpoint"));
                } else {
                    System.out.println("ok " + jwtDecoder(issuer, audience, parts[2], typ, parts[4]).decode(token).getClaimAsString("client_id"));
                }
            } catch (JwtException | IllegalArgumentException error) {
                System.out.println("refused " + error.getClass().getSimpleName() + (token.equals("discover") ? " " + error.getMessage() : ""));
            }
        }
    }
// region docs
}
// endregion
