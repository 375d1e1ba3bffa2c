// Keycloak as it comes: its production mode with the database that it brings along, over plain HTTP.
import { openSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { fetchKeycloak, keycloakVersion, placeKeycloak, startArguments } from '@countersign/server/idp/keycloak-distribution.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { audience, clientId, lifetimeSeconds, realmName, tokenPath, type Algorithm } from '../token/scenario.ts'
import { clientCredentials } from '../token/server-process.ts'
import { contestantOf, MissingProgramError, startGroup, type Peer } from './peer.ts'
import { runTool } from './programs.ts'

export const keycloak: Peer = {
  name: 'keycloak',
  what: `Keycloak ${keycloakVersion}, H2 in a file; no audit row`,
  algorithms: ['ES256', 'RS256'],
  async start(algorithm, folder) {
    const clientSecret = randomBytes(32).toString('base64url')
    const command = placeKeycloak(fetchDistribution(), folder, aRealm(algorithm, clientSecret))
    runTool(command, ['build', '--db=dev-file'])
    const port = await findFreePort()
    const log = openSync(join(folder, 'log'), 'w')
    const child = startGroup(command, startArguments(port), { stdio: ['ignore', log, log] })
    const listening = { port, path: tokenPath, form: clientCredentials(clientId, clientSecret) }
    await eventually('Keycloak issues tokens', () => issuesTokens(listening), 180)
    return contestantOf(child, listening)
  },
}

async function issuesTokens({ port, path, form }: { port: number; path: string; form: Record<string, string> }): Promise<boolean> {
  const init = { method: 'POST', body: new URLSearchParams(form) }
  return fetch(`http://127.0.0.1:${port}${path}`, init).then(
    ({ ok }) => ok,
    () => false,
  )
}

function fetchDistribution(): string {
  try {
    return fetchKeycloak()
  } catch (cause) {
    throw new MissingProgramError((cause as Error).message, { cause })
  }
}

function aRealm(algorithm: Algorithm, clientSecret: string) {
  const keys = {
    ES256: { providerId: 'ecdsa-generated', key: { ecdsaEllipticCurveKey: ['P-256'] } },
    RS256: { providerId: 'rsa-generated', key: {} },
  }
  const { providerId, key } = keys[algorithm]
  return {
    realm: realmName,
    enabled: true,
    sslRequired: 'none',
    accessTokenLifespan: lifetimeSeconds,
    defaultSignatureAlgorithm: algorithm,
    components: { 'org.keycloak.keys.KeyProvider': [{ name: 'signing', providerId, config: { priority: ['200'], ...key } }] },
    clients: [
      {
        clientId,
        secret: clientSecret,
        enabled: true,
        protocol: 'openid-connect',
        publicClient: false,
        serviceAccountsEnabled: true,
        standardFlowEnabled: false,
        attributes: { 'access.token.signed.response.alg': algorithm },
        protocolMappers: [
          {
            name: 'audience',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-audience-mapper',
            config: { 'included.custom.audience': audience, 'access.token.claim': 'true' },
          },
        ],
      },
    ],
  }
}
