// What of the gateway's answer arrives through a proxy, as packages/gateway/proxies/results.json keeps it and docs/gateway.md shows it.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayVerdict } from '../../src/decide-request.ts'
import type { Received } from './send-request.fixture.ts'

const aspects = ['status', 'challenge', 'problem', 'rateFields', 'requestId'] as const
type Aspect = (typeof aspects)[number]

export interface Fidelity {
  /** Of the proxy, when it was run. */
  version: string
  /** For each part of a denial, the cases whose response is not that of the gateway. */
  readonly lost: Record<Aspect, string[]>
  /** Of a request that passes: what the caller gets with the response of the API, and how an empty identity header arrives. */
  readonly passed: { rateFields: boolean; requestId: boolean; emptyHeader: 'empty' | 'left out' | '' }
  /** The status that the caller gets if the gateway cannot be reached, fails or is slow; null where it was not waited for. */
  readonly failing: { away: number; fails: number; slow: number | null }
  /** How a header that another program could take for ours is dealt with. */
  readonly spellings: Record<string, 'replaced' | 'removed' | 'refused'>
  /** Whether a request body streams to the API. */
  streams: boolean
}

export function noFidelity(version: string): Fidelity {
  return {
    version,
    lost: { status: [], challenge: [], problem: [], rateFields: [], requestId: [] },
    passed: { rateFields: false, requestId: false, emptyHeader: '' },
    failing: { away: 0, fails: 0, slow: null },
    spellings: {},
    streams: false,
  }
}

const read: Readonly<Record<Aspect, (response: Received) => unknown>> = {
  status: ({ status }) => status,
  challenge: ({ headers }) => headers['www-authenticate'],
  problem: ({ headers, body }) => [headers['content-type'], { ...parse(body), instance: undefined }],
  rateFields: ({ headers }) => [headers['retry-after'], headers['ratelimit'], headers['ratelimit-policy']],
  requestId: ({ headers, body }) => {
    const id = headers['x-request-id']
    return /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(id ?? '') && String(parse(body)['instance']).includes(id!)
  },
}

function parse(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return { body }
  }
}

/** Notes what is lost. @returns the parts that are */
export function compare(fidelity: Fidelity, name: string, received: Received, expected: GatewayVerdict): Aspect[] {
  const lost = aspects.filter((aspect) => {
    try {
      assert.deepEqual(read[aspect](received), read[aspect](expected))
      return false
    } catch {
      return true
    }
  })
  for (const aspect of lost) fidelity.lost[aspect].push(name)
  return lost
}

const file = join(import.meta.dirname, '../../proxies/results.json')
type Results = Record<string, Fidelity>

/**
 * The committed results are what was seen now. GATEWAY_RESULTS=write writes them instead. Versions are those of the run that wrote them: another
 * machine may have others.
 */
export function checkResults(name: string, seen: Fidelity): void {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  if (process.env['GATEWAY_RESULTS'] === 'write') {
    const all = Object.entries({ ...results, [name]: seen }).toSorted(([a], [b]) => (a < b ? -1 : 1))
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`)
    return
  }
  assert.deepEqual(
    { ...seen, version: '' },
    { ...results[name], version: '' },
    'run this test with GATEWAY_RESULTS=write, then npm run format and npm run check',
  )
}
