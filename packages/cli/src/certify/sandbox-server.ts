// The real authorization server in a temporary folder, on loopback, with an admin client: what a sandbox says is what it says.
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { createKeyRingFile, createServer, parseConfiguration, type CountersignServer } from '@countersign/server'

/** The realm of every sandbox. */
export const sandboxRealm = 'sandbox'

/** Stands in what the server says for the address of a sandbox, which replaces it. */
export const serverPublicUrl = 'http://127.0.0.1:1'

export interface SandboxServer {
  /** Where it listens. */
  readonly url: string
  readonly issuerPath: string
  readonly tokenPath: string
  readonly admin: AdminClient
  readonly clockOffsetMs: number
  /** Why the server refused a token request, by its audit log; undefined if that does not say. @param requestId of the response */
  findReason(requestId: string): Promise<string | undefined>
  close(): Promise<void>
}

const configuration = `listen: 127.0.0.1:0
publicUrl: ${serverPublicUrl}
store: sqlite:store.db
secretPepper: file:pepper
keyEncryptionKey: file:key-encryption-key
auditKey: file:audit-key
trustedProxies: [127.0.0.1/32]
logLevel: silent
realms:
  ${sandboxRealm}:
    issuer: /realms/${sandboxRealm}
    tokenEndpoint: /realms/${sandboxRealm}/oauth2/token
    signingAlgorithm: ES256
    signingAlgorithms: [ES384]
    audience: sandbox-api
    scopes: [orders:read]
    defaultScopes: [orders:read]
`

/** @param clockOffsetMs by how much its clock differs from that of this machine */
export async function startSandboxServer(clockOffsetMs = 0): Promise<SandboxServer> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-certify-'))
  const clock = () => Date.now() + clockOffsetMs
  let server: CountersignServer | undefined
  const close = async () => {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const name of ['pepper', 'key-encryption-key', 'audit-key']) createKeyRingFile(join(folder, name))
    server = await createServer({ configuration: parseConfiguration(configuration, folder), clock, systemClock: clock })
    await server.listen()
    const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
    const { issuerPath, tokenPath } = pathsOf(server.realms.get(sandboxRealm)!)
    const operator = await server.createOperator()
    const tokens = createTokenProvider({ ...operator, tokenUrl: operator.tokenUrl.replace(serverPublicUrl, url) })
    const admin = createAdminClient({ serverUrl: url, fetch: withBearer(fetch, tokens, { origins: [url] }) })
    return { url, issuerPath, tokenPath, admin, clockOffsetMs, findReason: (requestId) => findReason(admin, requestId), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A denial is in the log a moment after its response. */
async function findReason(admin: AdminClient, request: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { items } = await admin.call('audit.search', { params: {}, query: { request } })
    if (items[0] !== undefined) return items[0].reason ?? undefined
    await sleep(25)
  }
  return undefined
}

function pathsOf({ issuer, tokenUrl }: { readonly issuer: string; readonly tokenUrl: string }) {
  return { issuerPath: new URL(issuer).pathname, tokenPath: new URL(tokenUrl).pathname }
}
