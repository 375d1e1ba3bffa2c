import os

import jwt
from flask import Flask, request

from verify_pyjwt import verify

app = Flask(__name__)
realm = {
    "issuer": os.environ["ISSUER"],
    "audience": "nt24-integration-api",
    "jwks_uri": os.environ["JWKS_URI"],
    "typ": "JWT",  # "at+jwt" with the profile rfc9068
    "algorithm": "ES256",
}


@app.get("/v1/orders")
def orders():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return "", 401, {"WWW-Authenticate": "Bearer"}
    try:
        claims = verify(token, **realm)
    except jwt.PyJWTError as error:
        app.logger.info("refused: %s", error)
        return "", 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return {"client": claims["client_id"], "orders": []}


app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "3000")))
