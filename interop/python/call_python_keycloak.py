import os

import requests
from keycloak import KeycloakOpenID

server, realm = os.environ["ISSUER"].rstrip("/").split("/realms/")
keycloak = KeycloakOpenID(server_url=server + "/", realm_name=realm, client_id=os.environ["CLIENT_ID"], client_secret_key=os.environ["CLIENT_SECRET"])
token = keycloak.token(grant_type="client_credentials")["access_token"]
assert keycloak.introspect(token)["active"]
print(requests.get(os.environ["API_URL"], headers={"authorization": f"Bearer {token}"}).status_code)
