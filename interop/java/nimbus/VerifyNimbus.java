import java.io.BufferedReader;
import java.io.InputStreamReader;
// region docs
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

class VerifyNimbus {
    /** One for each realm: it caches the keys. */
    static DefaultJWTProcessor<SecurityContext> processor(String issuer, String audience, String jwksUri, String typ, String algorithm) throws Exception {
        var processor = new DefaultJWTProcessor<SecurityContext>();
        // Without this line at+jwt is refused. A token of the profile cognito has no type, here null.
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(typ == null ? null : new JOSEObjectType(typ)));
        var keys = JWKSourceBuilder.create(URI.create(jwksUri).toURL()).build();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.parse(algorithm), keys));
        var exact = new JWTClaimsSet.Builder().issuer(issuer).build();
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(audience, exact, Set.of("sub", "exp", "iat", "client_id")));
        return processor;
    }
    // endregion

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null;) {
            var parts = line.split("\t", -1);
            String issuer = parts[0], audience = parts[1].isEmpty() ? null : parts[1], typ = parts[3].isEmpty() ? null : parts[3], token = parts[5];
            try {
                if (token.equals("discover")) {
                    var openid = com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata.resolve(new com.nimbusds.oauth2.sdk.id.Issuer(issuer));
                    var oauth = com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata.resolve(new com.nimbusds.oauth2.sdk.id.Issuer(issuer));
                    System.out.println("ok " + (openid.getTokenEndpointURI().equals(oauth.getTokenEndpointURI()) ? issuer : "different documents"));
                } else {
                    System.out.println("ok " + processor(issuer, audience, parts[2], typ, parts[4]).process(token, null).getStringClaim("client_id"));
                }
            } catch (Exception error) {
                System.out.println("refused " + error.getClass().getSimpleName() + (token.equals("discover") ? " " + error.getMessage() : ""));
            }
        }
    }
// region docs
}
// endregion
