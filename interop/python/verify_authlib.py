import os, sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # for a server without TLS on this machine only

# region docs
import json, urllib.request

from authlib.oauth2.rfc9068 import JWTBearerTokenValidator

class Validator(JWTBearerTokenValidator):
    def __init__(self, issuer, audience, jwks_uri):
        super().__init__(issuer, audience)
        self.jwks_uri = jwks_uri

    def get_jwks(self):  # cache this for five minutes
        return json.load(urllib.request.urlopen(self.jwks_uri))

def verify_at_jwt(token, issuer, audience, jwks_uri):  # profile rfc9068
    validator = Validator(issuer, audience, jwks_uri)
    claims = validator.authenticate_token(token)
    validator.validate_token(claims, [], None)
    return claims
# endregion

# region docs-other-profiles
import json, urllib.request

from joserfc import jwt
from joserfc.jwk import KeySet

def verify(token, issuer, audience, jwks_uri, typ, algorithm):  # profiles keycloak and cognito
    keys = KeySet.import_key_set(json.load(urllib.request.urlopen(jwks_uri)))  # cache them for five minutes
    decoded = jwt.decode(token, keys, algorithms=[algorithm])
    if decoded.header.get("typ") != typ:
        raise ValueError("not an access token of this realm")
    claims = {"iss": {"essential": True, "value": issuer}, "exp": {"essential": True}, "client_id": {"essential": True}}
    if audience:
        claims["aud"] = {"essential": True, "value": audience}
    jwt.JWTClaimsRegistry(leeway=2, **claims).validate(decoded.claims)
    return decoded.claims
# endregion

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc.errors import JoseError

for line in sys.stdin:
    issuer, audience, jwks_uri, typ, algorithm, token = line.rstrip("\n").split("\t")
    try:
        if token == "discover":
            for metadata, name in [(OpenIDProviderMetadata, "openid-configuration"), (AuthorizationServerMetadata, "oauth-authorization-server")]:
                document = json.load(urllib.request.urlopen(f"{issuer.rstrip('/')}/.well-known/{name}"))
                # Its check of the scheme knows "localhost" with the variable above.
                metadata(document).validate()
            print("ok", document["issuer"])
        elif typ == "at+jwt":
            print("ok", verify_at_jwt(token, issuer, audience, jwks_uri)["client_id"])
        else:
            print("ok", verify(token, issuer, audience or None, jwks_uri, typ or None, algorithm)["client_id"])
    except (JoseError, AuthlibBaseError, ValueError) as error:
        print("refused", type(error).__name__, error if token == "discover" else "")
