// The other side of the measurement, a process of its own: an API with a guard, and the requests of its callers.
import { readFileSync } from 'node:fs'
import { createRemoteGuard, param } from '@countersign/guard'
import { partnerIdOf } from '@countersign/server/store/fill-large-organization.fixture'
import { median } from '../median.ts'

interface Given {
  readonly issuer: string
  readonly tokenUrl: string
  readonly clients: number
  readonly partners: number
  readonly secret: string
  readonly guard: { readonly clientId: string; readonly clientSecret: string }
  /** A file with the tokens of an earlier run. */
  readonly tokens: string | undefined
}

const { issuer, tokenUrl, clients, partners, secret, guard: credentials, tokens: known } = JSON.parse(process.argv[2]!) as Given
const atOnce = 8
const tokens = known === undefined ? await requestTokens() : (JSON.parse(readFileSync(known, 'utf8')) as string[])
let bytes = 0
let requests = 0

const guard = createRemoteGuard({
  issuer,
  realm: 'soak',
  credentials,
  audience: 'soak',
  entitlementSeconds: 1,
  async fetch(url, init) {
    const response = await fetch(url, init)
    requests++
    bytes += (await response.clone().arrayBuffer()).byteLength
    return response
  },
})
await guard.ready()
const steps = { tokens: async () => tokens, decide, memory: async () => memory() }
const requirement = { scope: 'read', partner: param('partner') }

process.on('message', async (step: keyof typeof steps) => process.send!(await steps[step]()))
process.send!('ready')

async function decide() {
  const [bytesBefore, requestsBefore] = [bytes, requests]
  const milliseconds: number[] = []
  await inParallel(tokens.length, async (i) => {
    const start = performance.now()
    const partner = partnerIdOf(1 + ((i * 7919) % partners))
    const request = { rawHeaders: ['authorization', `Bearer ${tokens[i]}`], params: { partner }, url: '/' }
    const decision = await guard.authorize(request, requirement)
    milliseconds.push(performance.now() - start)
    if (!decision.allowed) throw new Error(`${decision.code}: ${decision.detail ?? String(decision.cause)}`)
  })
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1))
  return {
    decisions: sorted.length,
    p50: Number(median(sorted).toFixed(1)),
    p99: at(0.99),
    max: at(1),
    requests: requests - requestsBefore,
    bytes: bytes - bytesBefore,
  }
}

function memory() {
  globalThis.gc?.()
  return Math.round(process.memoryUsage().heapUsed / 1024)
}

async function requestTokens(): Promise<string[]> {
  return inParallel(clients, (i) => requestToken(`large-${i + 1}`))
}

async function requestToken(clientId: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret })
  const response = await fetch(tokenUrl, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}

async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const run = async () => {
    for (let i = next++; i < count; i = next++) results[i] = await work(i)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return results
}
