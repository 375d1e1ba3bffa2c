// What one scenario is played on: a client of its own at the real server, and in front of it an issuer and an API on loopback that record
// what the backend sends and play the faults. Credentials are recorded as numbers ("token 2") and never kept in a record.
import type { OperationOutput } from '@countersign/admin'
import { createApiFront } from './api-front.ts'
import { Conduct } from './conduct.ts'
import { createCredentialMarks } from './credential-marks.ts'
import { createIssuerFront } from './issuer-front.ts'
import { openFront } from './front.ts'
import { sandboxRealm as realm, type SandboxServer } from './sandbox-server.ts'

export interface Lifetime {
  /** What the token response says, in seconds. */
  readonly told: number
  /** For how long the API accepts the token; a second more by default, as APIs allow for clocks that differ. */
  readonly real?: number
}

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>

export async function openSandbox(server: SandboxServer, number: number, { told, real = told + 1 }: Lifetime) {
  const { admin } = server
  const organization = `backend-${number}`
  await admin.call('organizations.create', { params: { realm }, body: { slug: organization, name: `Backend of scenario ${number}` } })
  const { client, clientSecret } = await admin.call('clients.create', {
    params: { realm },
    body: { organization, name: 'Backend', accessTokenLifetime: real },
  })
  const { clientId } = client
  const params = { realm, client: clientId }
  const marks = createCredentialMarks()
  const conduct = new Conduct()
  const know = (secret: string | null) => {
    marks.addSecret(clientId, secret!)
    return secret!
  }
  const shared = { server, marks, conduct, address: `127.1.${number >> 8}.${number & 255}` }
  const issuer = createIssuerFront({ ...shared, toldLifetime: told })
  const api = createApiFront({ ...shared, numberOf: issuer.numberOf })
  const fronts = [await openFront(issuer.answer), await openFront(api.answer), await openFront(issuer.answerElsewhere)] as const
  const [issuerUrl, apiUrl, elsewhereUrl] = [fronts[0].url, fronts[1].url, fronts[2].url]
  issuer.setUrl(issuerUrl)

  async function endOlderSecret({ secrets }: OperationOutput<'rotation.get'>): Promise<void> {
    const older = secrets.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0]!
    await admin.call('secrets.revoke', { params: { ...params, secret: older.id }, body: { reason: 'Rotated', cutTokens: true } })
  }

  return {
    clientId,
    clientSecret: know(clientSecret),
    issuerUrl: issuerUrl + server.issuerPath,
    tokenUrl: issuerUrl + server.tokenPath,
    apiUrl,
    elsewhereUrl,
    issuer,
    api,
    marks,
    conduct,
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
    /** @returns the new secret; the old one stays valid */
    async startRotation(): Promise<string> {
      return know((await admin.call('rotation.start', { params, body: {} })).clientSecret)
    },
    /** Ends the old secret, and all tokens that were issued so far. */
    async endRotation(): Promise<void> {
      await endOlderSecret(await admin.call('rotation.get', { params }))
    },
    async close(): Promise<void> {
      await Promise.all(fronts.map((front) => front.close()))
    },
  }
}
