// What one scenario is played on: a client of its own at the real server, and in front of it an issuer and an API on loopback that record
// what the backend sends and play the faults. Credentials are recorded as numbers ("token 2") and never kept in a record.
import type { OperationOutput } from '@countersign/admin'
import { createApiFront } from './api-front.ts'
import { Conduct } from './conduct.ts'
import { keyCredential, secretCredential, type Credential, type SandboxAuth } from './credential.ts'
import { createCredentialMarks } from './credential-marks.ts'
import { createIssuerFront } from './issuer-front.ts'
import { openFront } from './front.ts'
import type { CertificateKind, SandboxTls } from './sandbox-tls.ts'
import { createSandboxKey, type SandboxKey } from './sandbox-key.ts'
import { sandboxRealm as realm, type SandboxServer } from './sandbox-server.ts'

export interface Lifetime {
  /** What the token response says, in seconds. */
  readonly told: number
  /** For how long the API accepts the token; a second more by default, as APIs allow for clocks that differ. */
  readonly real?: number
}

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>

interface SandboxOptions {
  readonly number: number
  readonly lifetime: Lifetime
  readonly auth: SandboxAuth
  readonly tls: SandboxTls | undefined
}

export async function openSandbox(server: SandboxServer, { number, lifetime, auth, tls }: SandboxOptions) {
  const { admin } = server
  const { told, real = told + 1 } = lifetime
  const keys: SandboxKey[] = []
  if (auth.kind === 'key') keys.push(await createSandboxKey(auth.algorithm, `key-${number}`))
  const organization = `backend-${number}`
  await admin.call('organizations.create', { params: { realm }, body: { slug: organization, name: `Backend of scenario ${number}` } })
  const { client, clientSecret } = await admin.call('clients.create', {
    params: { realm },
    body: {
      organization,
      name: 'Backend',
      accessTokenLifetime: real,
      ...(auth.kind === 'secret' && auth.method !== undefined && { authenticationMethods: [auth.method] }),
      ...(keys[0] && { key: keys[0].publicJwk }),
    },
  })
  const { clientId } = client
  const params = { realm, client: clientId }
  const marks = createCredentialMarks()
  const conduct = new Conduct()
  const knowSecret = (secret: string) => {
    marks.addSecret(clientId, secret)
    return secretCredential(secret)
  }
  const knowKey = (key: SandboxKey) => {
    marks.addKey(key)
    return keyCredential(key)
  }
  const shared = { server, marks, conduct, address: `127.1.${number >> 8}.${number & 255}` }
  const issuer = createIssuerFront({ ...shared, toldLifetime: told, ...(keys.length > 0 && { assertions: { clientId, keys } }) })
  const api = createApiFront({ ...shared, numberOf: issuer.numberOf })
  const certificate = tls?.certificates.right
  const fronts = [
    await openFront(issuer.answer, certificate),
    await openFront(api.answer, certificate),
    await openFront(issuer.answerElsewhere, certificate),
  ] as const
  const [issuerUrl, apiUrl, elsewhereUrl] = [fronts[0].url, fronts[1].url, fronts[2].url]
  issuer.setUrl(issuerUrl)

  async function endOlderSecret({ secrets }: OperationOutput<'rotation.get'>): Promise<void> {
    const older = secrets.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0]!
    await admin.call('secrets.revoke', { params: { ...params, secret: older.id }, body: { reason: 'Rotated', cutTokens: true } })
  }

  return {
    clientId,
    credential: keys[0] ? knowKey(keys[0]) : knowSecret(clientSecret!),
    issuerUrl: issuerUrl + server.issuerPath,
    tokenUrl: issuerUrl + server.tokenPath,
    apiUrl,
    elsewhereUrl,
    issuer,
    api,
    marks,
    conduct,
    auth,
    isTls: tls !== undefined,
    /** With TLS: from now on one of the servers has another certificate. */
    present(server: 'issuer' | 'api', kind: CertificateKind): void {
      fronts[server === 'issuer' ? 0 : 1].present(tls!.certificates[kind])
    },
    /** How many connections the issuer got, whether or not they had a request. */
    issuerConnections: () => fronts[0].connections(),
    /** All tokens that the client has are refused from now on; it can get new ones. */
    async cutTokens(): Promise<void> {
      await admin.call('organizations.cutTokens', { params: { realm, organization }, body: { reason: 'Scenario' } }, { ifMatch: '*' })
    },
    /** For how long the API accepts new tokens, in seconds. */
    async setLifetime(seconds: number): Promise<void> {
      await admin.call('clients.update', { params, body: { accessTokenLifetime: seconds } }, { ifMatch: '*' })
    },
    /** New tokens are signed with another key, of another algorithm. */
    async changeSigningKey(): Promise<void> {
      await admin.call('clients.update', { params, body: { signingAlgorithm: 'ES384' } }, { ifMatch: '*' })
    },
    /** @returns the new secret or key; the old one stays valid */
    async startRotation(): Promise<Credential> {
      if (auth.kind === 'secret') return knowSecret((await admin.call('rotation.start', { params, body: {} })).clientSecret!)
      const key = await createSandboxKey(auth.algorithm, `key-${number}-new`)
      await admin.call('keys.add', { params, body: { key: key.publicJwk } })
      keys.push(key)
      return knowKey(key)
    },
    /** Ends the old secret or key, and all tokens that were issued so far. */
    async endRotation(): Promise<void> {
      if (auth.kind === 'secret') return endOlderSecret(await admin.call('rotation.get', { params }))
      const { keys: registered } = await admin.call('keys.list', { params })
      const { id } = registered.find(({ keyId }) => keyId === keys[0]!.keyId)!
      await admin.call('keys.remove', { params: { ...params, key: id }, body: { force: true, reason: 'Rotated', cutTokens: true } })
    },
    async close(): Promise<void> {
      await Promise.all(fronts.map((front) => front.close()))
    },
  }
}
