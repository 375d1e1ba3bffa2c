# Finds a client, generates a new secret for it, and prints the secret for the program that started this one.
import os
from keycloak import KeycloakAdmin, KeycloakOpenIDConnection

env = os.environ
connection = KeycloakOpenIDConnection(server_url=env["SERVER_URL"], realm_name=env["REALM"], user_realm_name="operators", client_id=env["OPERATOR_ID"], client_secret_key=env["OPERATOR_SECRET"])
keycloak = KeycloakAdmin(connection=connection)
id = keycloak.get_client_id(env["CLIENT_ID"])
client = keycloak.get_client(id)
print("found", client["clientId"], str(client["enabled"]).lower())
print("secret", keycloak.generate_client_secrets(id)["value"])
