import sys

# region docs
import jwt  # PyJWT

def verify(token, issuer, audience, jwks_uri, typ, algorithm):
    header = jwt.get_unverified_header(token)
    if header.get("typ") != typ:
        raise jwt.InvalidTokenError("not an access token of this realm")
    key = keys_of(jwks_uri).get_signing_key_from_jwt(token).key
    required = ["iss", "exp", "iat", "sub", "client_id"] + (["aud"] if audience else [])
    return jwt.decode(token, key, algorithms=[algorithm], issuer=issuer, audience=audience, leeway=2, options={"require": required})

clients = {}

def keys_of(jwks_uri):  # one for each realm: it caches the keys
    return clients.setdefault(jwks_uri, jwt.PyJWKClient(jwks_uri, lifespan=300))
# endregion

if __name__ == "__main__":
    for line in sys.stdin:
        issuer, audience, jwks_uri, typ, algorithm, token = line.rstrip("\n").split("\t")
        try:
            print("ok", verify(token, issuer, audience or None, jwks_uri, typ or None, algorithm)["client_id"])
        except jwt.PyJWTError as error:
            print("refused", type(error).__name__)
