import { allowInsecureRequests, clientCredentialsGrant, ClientSecretBasic, discovery, fetchProtectedResource } from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, API_URL } = process.env
const server = new URL(ISSUER)
// Only for a server without TLS on this machine.
const execute = server.protocol === 'http:' ? [allowInsecureRequests] : []
const configuration = await discovery(server, CLIENT_ID, undefined, ClientSecretBasic(CLIENT_SECRET), { execute })
const { access_token: token } = await clientCredentialsGrant(configuration)
const response = await fetchProtectedResource(configuration, token, new URL(API_URL), 'GET')
console.log(response.status)
