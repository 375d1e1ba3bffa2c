// This server as shipped: the store in a file, and the audit row of every token on disk before the response.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { audience, clientId, lifetimeSeconds, publicUrl, realmName, scopes, tokenPath } from './scenario.ts'
import { clientCredentials, readAlgorithm, reportToBench } from './server-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
createKeyRingFile(join(folder, 'pepper'))
createKeyRingFile(join(folder, 'key-encryption-key'))
const configuration = parseConfiguration(
  `
listen: 127.0.0.1:0
publicUrl: ${publicUrl}
behindTlsProxy: true
store: sqlite:countersign.db
secretPepper: file:pepper
keyEncryptionKey: file:key-encryption-key
logLevel: error
realms:
  ${realmName}:
    issuer: /realms/${realmName}
    tokenEndpoint: ${tokenPath}
    tokenProfile: keycloak
    signingAlgorithm: ${readAlgorithm()}
    accessTokenLifetime: ${lifetimeSeconds}s
    audience: ${audience}
    scopes: [${scopes.join(', ')}]
    defaultScopes: [${scopes.join(', ')}]
`,
  folder,
)

const server = await createServer({ configuration })
const operator = await server.createOperator()
await server.listen()
const { port } = server.app.server.address() as AddressInfo
const serverUrl = `http://127.0.0.1:${port}`
const clientSecret = await createClient()
reportToBench({ port, path: tokenPath, form: clientCredentials(clientId, clientSecret) }, async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Returns the secret of the only client. */
async function createClient(): Promise<string> {
  const { pathname } = new URL(operator.tokenUrl)
  const form = new URLSearchParams(clientCredentials(operator.clientId, operator.clientSecret))
  const { access_token: token } = await post(pathname, form, {})
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const realm = `/admin/v1/realms/${realmName}`
  await post(`${realm}/organizations`, JSON.stringify({ slug: 'acme', name: 'Acme' }), headers)
  const client = await post(`${realm}/clients`, JSON.stringify({ organization: 'acme', clientId, name: 'Acme' }), headers)
  return String(client['clientSecret'])
}

async function post(path: string, body: string | URLSearchParams, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, serverUrl), { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`POST ${path} was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Record<string, unknown>
}
