// oidc-provider with its in-memory adapter, configured for the same work: a client secret in the body, a signed JWT per token. It
// writes no audit log, and its tokens have neither scope nor organization; both are in its favour.
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { audience, clientId, issuer, lifetimeSeconds, tokenPath } from './scenario.ts'
import { clientCredentials, readAlgorithm, reportToBench } from './server-process.ts'
import { generatePrivateKey } from './signing.ts'

const algorithm = readAlgorithm()
const clientSecret = randomBytes(32).toString('base64url')

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: algorithm, // Validated although no ID token is ever issued.
    },
  ],
  jwks: { keys: [{ ...generatePrivateKey(algorithm).export({ format: 'jwk' }), use: 'sig', alg: algorithm }] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `https://${audience}.example.com`,
      getResourceServerInfo: () => ({
        scope: '',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: lifetimeSeconds,
        jwt: { sign: { alg: algorithm } },
      }),
    },
  },
  routes: { token: tokenPath },
})

const server = provider.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  reportToBench({ port, path: tokenPath, form: clientCredentials(clientId, clientSecret) }, () => server.close())
})
