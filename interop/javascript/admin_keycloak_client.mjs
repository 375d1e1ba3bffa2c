// Finds a client, generates a new secret for it, and prints the secret for the program that started this one.
import KeycloakAdminClient from '@keycloak/keycloak-admin-client'

const { SERVER_URL, OPERATOR_ID, OPERATOR_SECRET, REALM, CLIENT_ID } = process.env
const keycloak = new KeycloakAdminClient({ baseUrl: SERVER_URL, realmName: 'operators' })
await keycloak.auth({ grantType: 'client_credentials', clientId: OPERATOR_ID, clientSecret: OPERATOR_SECRET })
keycloak.setConfig({ realmName: REALM })
const [{ id, clientId, enabled }] = await keycloak.clients.find({ clientId: CLIENT_ID })
console.log('found', clientId, enabled)
const { value } = await keycloak.clients.generateNewClientSecret({ id })
console.log('secret', value)
