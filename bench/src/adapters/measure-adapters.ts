// Measures what an adapter costs over the core: the CPU time of a request to a guarded app, less that of the same app without the guard, and less
// that of `authorize()` alone. The turns are short and alternate, so that a disturbance affects single turns, which the median drops.
import type { RequestListener } from 'node:http'
import { createGuard, importVerificationKey, indexEntitlement, type Guard } from '@countersign/guard'
import { audience, entitlementDocument, issuers, partnerId } from '../guard/realm.ts'
import { median } from '../median.ts'
import { appNames, apps, requirement, template, type AppName } from './apps.ts'
import { aSocket, exchange, type Sent } from './exchange.ts'
import { webAppNames, webApps, type WebAppName, type WebCall } from './web-apps.ts'

export interface AdapterOptions {
  readonly rounds: number
  readonly callsPerTurn: number
}

interface AdapterCost {
  readonly withoutGuard: number
  readonly withGuard: number
  /** Of the adapter over the core: the median of the rounds. */
  readonly own: number
}

export interface AdapterFigures {
  /** CPU microseconds of `authorize()` for a remembered token. */
  readonly core: number
  readonly adapters: Readonly<Record<AppName | WebAppName, AdapterCost>>
  readonly rounds: readonly Readonly<Record<string, number>>[]
}

type Call = () => Promise<unknown>

export async function measureAdapters({ rounds: count, callsPerTurn }: AdapterOptions): Promise<AdapterFigures> {
  const [{ issuer, publicJwk, mintTokens }] = issuers
  const guard = aGuard(issuer, publicJwk)
  const rawHeaders = ['Host', 'api.example.com', 'User-Agent', 'undici', 'Accept', '*/*', 'Authorization', `Bearer ${mintTokens(1)[0]}`]
  const sent: Sent = { url: template.replace('{sellerId}', String(partnerId)), rawHeaders }
  const params = { sellerId: String(partnerId) }
  const calls = new Map<string, Call>([['core', () => guard.authorize({ rawHeaders, url: sent.url, params }, requirement)]])
  for (const name of appNames) {
    calls.set(`${name} without`, toCall(await apps[name](undefined), sent))
    calls.set(`${name} with`, toCall(await apps[name](guard), sent))
  }
  const headers = { 'user-agent': 'undici', accept: '*/*', authorization: rawHeaders.at(-1)! }
  const request = new Request(`https://api.example.com${sent.url}`, { headers })
  for (const name of webAppNames)
    for (const [what, used] of [
      ['without', undefined],
      ['with', guard],
    ] as const)
      calls.set(`${name} ${what}`, checked(webApps[name](used, { request, params })))

  const warmUpRounds = 3
  const rounds: Record<string, number>[] = []
  const names = Array.from(calls.keys())
  for (let round = 0; round < warmUpRounds + count; round++) {
    const turns: Record<string, number> = {}
    // Every other round in the opposite order, because a turn may warm caches for the next.
    for (const name of round % 2 === 0 ? names : names.toReversed()) turns[name] = await takeTurn(calls.get(name)!, callsPerTurn)
    rounds.push(turns)
  }

  const counted = rounds.slice(warmUpRounds)
  const medianOf = (valueOf: (round: Record<string, number>) => number) => median(counted.map(valueOf))
  const costs = [...appNames, ...webAppNames].map((name): [AppName | WebAppName, AdapterCost] => [
    name,
    {
      withoutGuard: medianOf((round) => round[`${name} without`]!),
      withGuard: medianOf((round) => round[`${name} with`]!),
      own: medianOf((round) => round[`${name} with`]! - round[`${name} without`]! - round['core']!),
    },
  ])
  return {
    core: medianOf((round) => round['core']!),
    adapters: Object.fromEntries(costs) as Record<AppName | WebAppName, AdapterCost>,
    rounds: counted,
  }
}

function aGuard(issuer: string, publicJwk: (typeof issuers)[0]['publicJwk']): Guard {
  const key = importVerificationKey(publicJwk)
  const entitlement = indexEntitlement(entitlementDocument)
  return createGuard({
    issuer,
    realm: 'nt24-idp',
    publicUrl: 'https://auth.example.com',
    tokenProfile: 'keycloak',
    audience,
    keys: { find: (kid) => (kid === publicJwk.kid ? key : undefined) },
    entitlements: { find: () => entitlement },
  })
}

function toCall(listener: RequestListener, sent: Sent): Call {
  const socket = aSocket()
  return checked(() => exchange(listener, sent, socket))
}

function checked(call: WebCall): Call {
  return async () => {
    const status = await call()
    if (status !== 200) throw new Error(`A measured request was answered with ${status}`)
  }
}

/** CPU microseconds of one call. */
async function takeTurn(call: Call, calls: number): Promise<number> {
  const before = process.cpuUsage()
  for (let made = 0; made < calls; made++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}
