// Measures the cost of one decision: `node scripts/run.mjs packages/guard/src/measure.fixture.ts`. The median of several rounds; not a
// test, because it would fail on a busy machine.
import type { GuardRequest } from './access.ts'
import { aRealm, listOf, partnerId } from './guard.fixture.ts'
import { createJwsParser, hasValidSignature } from './jws.ts'
import { param, type Requirement } from './requirement.ts'

const requirement: Requirement = { scope: 'orders:read', partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' }
const partners = Array.from({ length: 99 }, (_, i) => ({ id: `5f0d2c4e-8a61-4c37-b7d9-${String(i).padStart(12, '0')}`, name: 'Partner' }))

function requestWith(token: string): GuardRequest {
  const common = ['Host', 'api.example.com', 'User-Agent', 'undici', 'Accept', '*/*', 'Accept-Encoding', 'gzip']
  return { rawHeaders: [...common, 'Authorization', `Bearer ${token}`, 'Connection', 'keep-alive'], params: { sellerId: partnerId } }
}

async function measure(name: string, calls: number, call: (i: number) => Promise<boolean> | boolean): Promise<void> {
  const rounds: number[] = []
  for (let round = 0; round < 7; round++) {
    const startedAt = process.hrtime.bigint()
    for (let i = round * calls; i < (round + 1) * calls; i++) {
      if (!(await call(i))) throw new Error('The measured request was denied')
    }
    rounds.push(Number(process.hrtime.bigint() - startedAt) / calls / 1000)
  }
  const [fastest, , , median] = rounds.toSorted((a, b) => a - b)
  process.stdout.write(`${name}: median ${median?.toFixed(2)} µs, fastest round ${fastest?.toFixed(2)} µs\n`)
}

const realm = aRealm()
realm.setEntitlement({
  organization: {
    rateLimit: { tier: 'standard', limit: 1e9, windowSeconds: 1 },
    partners: listOf({ id: partnerId, name: 'Partner' }, ...partners),
  },
})
const remembered = requestWith(realm.token())
const tokens = Array.from({ length: 7 * 2000 }, (_, i) => realm.token({ jti: `token-${i}` }))
const requests = tokens.map(requestWith)
const signed = tokens.map(createJwsParser())
const authorize = async (request: GuardRequest) => (await realm.guard.authorize(request, requirement)).allowed

await measure('remembered token, whole decision', 50_000, () => authorize(remembered))
await measure('new ES256 token, whole decision', 2000, (i) => authorize(requests[i] ?? remembered))
await measure('of which the signature', 2000, (i) => signed[i] !== undefined && hasValidSignature(signed[i], realm.key.verificationKey))
