// Measures one framework in a process of its own, because code that serves several frameworks is compiled for all of them: a round for each message.
import type { RequestListener } from 'node:http'
import { createGuard, importVerificationKey, indexEntitlement, type Guard } from '@countersign/guard'
import { audience, entitlementDocument, issuers, partnerId } from '../guard/realm.ts'
import type { AppName, NodeAppName, WebAppName } from './app-names.ts'
import { apps, requirement, template } from './apps.ts'
import { aSocket, exchange, type Sent } from './exchange.ts'
import { webApps, type WebCall } from './web-apps.ts'

/** CPU microseconds of one call. */
export interface AdapterRound {
  readonly core: number
  readonly withoutGuard: number
  readonly withGuard: number
}

type Call = () => Promise<unknown>

/** @returns what measures one round, warmed up */
async function prepare(name: AppName, callsPerTurn: number): Promise<() => Promise<AdapterRound>> {
  const [{ issuer, publicJwk, mintTokens }] = issuers
  const guard = aGuard(issuer, publicJwk)
  const rawHeaders = ['Host', 'api.example.com', 'User-Agent', 'undici', 'Accept', '*/*', 'Authorization', `Bearer ${mintTokens(1)[0]}`]
  const sent: Sent = { url: template.replace('{sellerId}', String(partnerId)), rawHeaders }
  const params = { sellerId: String(partnerId) }
  const request = new Request(`https://api.example.com${sent.url}`, {
    headers: { 'user-agent': 'undici', accept: '*/*', authorization: rawHeaders.at(-1)! },
  })
  const callOf = async (used: Guard | undefined) =>
    Object.hasOwn(webApps, name)
      ? checked(webApps[name as WebAppName](used, { request, params }))
      : toCall(await apps[name as NodeAppName](used), sent)
  const calls: readonly (readonly [keyof AdapterRound, Call])[] = [
    ['core', () => guard.authorize({ rawHeaders, url: sent.url, params }, requirement)],
    ['withoutGuard', await callOf(undefined)],
    ['withGuard', await callOf(guard)],
  ]
  let isReversed = false
  const measure = async (): Promise<AdapterRound> => {
    const turns = { core: 0, withoutGuard: 0, withGuard: 0 }
    // Every other round in the opposite order, because a turn may warm caches for the next.
    for (const [contestant, call] of isReversed ? calls.toReversed() : calls) turns[contestant] = await takeTurn(call, callsPerTurn)
    isReversed = !isReversed
    return turns
  }
  for (let round = 0; round < warmUpRounds; round++) await measure()
  return measure
}

/** The engine compiles what is called once for a request, such as the functions of an adapter, for the last time after many thousands of them. */
const warmUpRounds = 150

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

async function takeTurn(call: Call, calls: number): Promise<number> {
  const before = process.cpuUsage()
  for (let made = 0; made < calls; made++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const [name = '', calls = ''] = process.argv.slice(2)
const measure = await prepare(name as AppName, Number(calls))
process.on('message', () => void measure().then((round) => process.send!(round)))
process.send!('ready')
