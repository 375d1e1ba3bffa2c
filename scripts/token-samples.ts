// The tokens in docs/tokens.md: one for each token profile, from a server with the realms of that page. What is random or depends on the time is
// fixed, so that the page changes only when tokens do.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { tokenProfiles, type Grant, type TokenProfile, type TokenProfileName } from '@countersign/protocol'
import { createKeyRingFile, createServer, parseConfiguration, type Realm } from '@countersign/server'

export interface TokenSample {
  readonly profile: TokenProfileName
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>>
}

const issuedAt = Date.UTC(2026, 0, 15, 12)
const publicUrl = 'http://localhost:8080'
const ofSet: Partial<Grant> = { roles: { realm: ['partner'], clients: {} }, claims: { tier: 'basic' } }
const ofClient: Grant = {
  audiences: ['billing-api'],
  roles: { realm: [], clients: { 'billing-api': ['invoices:read'] } },
  claims: { tenant: 'acme', service: 'backend of ${client_id}' },
}

/** A server with the realms of the page, at a port of its own; the clock stands still. */
export async function openServerOf(page: string) {
  const [, realms = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'countersign-token-samples-'))
  for (const name of ['pepper', 'key-encryption-key']) createKeyRingFile(join(folder, name))
  const settings = `listen: 127.0.0.1:0\npublicUrl: ${publicUrl}\nstore: sqlite:store.db\nsecretPepper: file:pepper\nkeyEncryptionKey: file:key-encryption-key\n`
  const server = await createServer({
    configuration: parseConfiguration(settings + realms, folder),
    clock: () => issuedAt,
    logStream: { write: () => {} },
  })
  const operator = await server.createOperator()
  const { origin } = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
  return {
    realms: [...server.realms.values()].filter(({ name }) => name !== 'operators'),
    operator,
    origin,
    async close() {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** @param page with the realms in its block of YAML */
export async function makeTokenSamples(page: string): Promise<TokenSample[]> {
  const { realms, operator, origin, close } = await openServerOf(page)
  // The server is at another port than its URLs say.
  const send: typeof fetch = (input, init) => fetch(String(input).replace(publicUrl, origin), init)
  const tokens = createTokenProvider({ ...operator, fetch: send })
  const admin = createAdminClient({ serverUrl: publicUrl, fetch: withBearer(send, tokens, { origins: [publicUrl] }) })
  const samples: TokenSample[] = []
  for (const realm of realms) samples.push(await makeSample(admin, realm, send))
  await close()
  return samples
}

async function makeSample(admin: AdminClient, realm: Realm, send: typeof fetch): Promise<TokenSample> {
  const { hasAudience }: TokenProfile = tokenProfiles[realm.tokenProfile]
  const params = { realm: realm.name }
  await admin.call('claimSets.create', { params, body: { name: 'partners', grant: ofSet } })
  await admin.call('organizations.create', { params, body: { slug: 'acme', name: 'Acme' } })
  const grant = hasAudience ? ofClient : { claims: ofClient.claims }
  const { client, clientSecret } = await admin.call('clients.create', {
    params,
    body: { organization: 'acme', name: 'Backend', scopes: realm.scopes.slice(0, 2), claimSet: 'partners', grant: grant },
  })
  const form = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: clientSecret ?? '' }
  const answer = await send(realm.tokenUrl, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token, ...response } = (await answer.json()) as { access_token: string } & Record<string, unknown>
  const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  return withFixedIds({ profile: realm.tokenProfile, header, claims, response: { access_token: 'eyJ…', ...response } })
}

/** Each id that the server made at random becomes another one of the same form, everywhere. */
function withFixedIds(sample: TokenSample): TokenSample {
  const { header, claims } = sample
  const fixed = {
    kid: 'dF7vNkQ2m0aJx1Zc9RtYbWg5uHsE8oLpV3iKqT6yXwA',
    jti: '7d0f3c52-90a4-4f0e-b7c1-1f6a3f8e2d10',
    organization_id: '2b1c4e6a-5d3f-4a7b-8c9d-0e1f2a3b4c5d',
    sub: 'c0a8f1d4-6b2e-4c3a-9f5d-7e8b1a2c3d4f',
    client_id: '5h3k8v0q2m7x1c9b4n6t0r8w2z',
  }
  let json = JSON.stringify(sample)
  for (const [name, id] of Object.entries(fixed)) {
    const value = { ...header, ...claims }[name]
    // Only in the profile "cognito" the client id is made by the server; there it is the subject, too.
    const isChosen = name === 'client_id' ? claims['sub'] !== value : name === 'sub' && claims['client_id'] === value
    if (typeof value === 'string' && !isChosen) json = json.replaceAll(value, id)
  }
  return JSON.parse(json) as TokenSample
}

/** Puts each sample into its place in the page. */
export function withTokenSamples(page: string, samples: readonly TokenSample[]): string {
  return samples.reduce((text, { profile, ...sample }) => {
    const place = new RegExp(`(<!-- a token of ${profile}: scripts/generate.ts -->\\n)[^]*?(<!-- end -->)`)
    if (!place.test(text)) throw new TypeError(`docs/tokens.md has no place for a token of ${profile}`)
    return text.replace(
      place,
      (_, begin: string, end: string) => `${begin}\n\`\`\`json\n${JSON.stringify(sample, null, 2)}\n\`\`\`\n\n${end}`,
    )
  }, page)
}
