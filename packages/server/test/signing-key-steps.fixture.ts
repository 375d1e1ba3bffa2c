// Steps of signing keys in a realm of a test server, each a change of its own, and what the store has of the keys.
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { ChangeKind } from '../src/audit/events/kinds.ts'
import type { Change } from '../src/change/apply-change.ts'
import type { KeyRow } from '../src/keys/key-rows.ts'
import { setup } from '../src/operators/operators.ts'
import { activateKey, type ActivateOptions } from '../src/signing-keys/activate-key.ts'
import { compromiseKey, retireKey, type CompromiseOptions } from '../src/signing-keys/end-key.ts'
import { importKey, stageKey, type ImportInput } from '../src/signing-keys/stage-key.ts'
import { keyContextOf } from './signing-key-change.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

export function keyStepsOf(
  server: Pick<TestServer, 'folder' | 'realms' | 'applyChange' | 'database'>,
  realmName: string,
  { leaseMs = 0 }: { leaseMs?: number } = {},
) {
  const context = keyContextOf(server.folder, leaseMs)
  const realm = server.realms.get(realmName)!
  const apply = <T>(kind: ChangeKind, step: (change: Change) => Promise<T>) => server.applyChange(setup, kind, step)
  /** The rows of the realm, oldest first. */
  const rows = async () => {
    const found = await server.database.query<KeyRow>('select * from signing_keys where realm = ? order by created_at, kid', realmName)
    return found
  }
  return {
    realm,
    rows,
    async row(kid: string): Promise<KeyRow> {
      return (await rows()).find((row) => row.kid === kid)!
    },
    stage: (algorithm: SigningAlgorithmName = 'ES256') =>
      apply('signingKeys.stage', (change) => stageKey(change, context, realm, { algorithm })),
    import: (input: ImportInput) => apply('signingKeys.import', (change) => importKey(change, context, realm, input)),
    activate: (kid: string, options?: ActivateOptions) =>
      apply('signingKeys.activate', (change) => activateKey(change, context, realm, kid, options)),
    retire: (kid: string) => apply('signingKeys.retire', (change) => retireKey(change, context, realm, kid)),
    compromise: (kid: string, options?: CompromiseOptions) =>
      apply('signingKeys.compromise', (change) => compromiseKey(change, context, realm, kid, options)),
  }
}

/** A realm of the profile rfc9068 at "/NAME". */
export const aRealm = (name: string, more = '') => `
  ${name}: { issuer: /${name}, tokenEndpoint: /${name}/token, audience: api, signingAlgorithm: ES256, scopes: [read]${more} }`

interface Jwk {
  readonly kid: string
  readonly [member: string]: unknown
}

/** Requests to such a realm. */
export function requestsTo({ request }: Pick<TestServer, 'request'>, name: string) {
  const jwks = async () => (await request({ url: `/${name}/.well-known/jwks.json` })).json<{ keys: Jwk[] }>()
  return {
    jwks,
    publishedKeys: async () => (await jwks()).keys.map(({ kid }) => kid).toSorted(),
    me: async (token: string) => (await request({ url: `/${name}/v1/me`, headers: { authorization: `Bearer ${token}` } })).statusCode,
  }
}
