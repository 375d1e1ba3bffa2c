// A process with one guard that refuses as many requests a second as it is told. Its parent reads its memory.
import { createRemoteGuard, param, type RemoteGuard } from '@countersign/guard'
import type { Credentials } from '../served-nodes.ts'

export interface FloodOrder {
  readonly issuer: string
  readonly realm: string
  readonly credentials: Credentials
  readonly perSecond: number
  readonly seconds: number
  /** A kind is an address, a reason and a route. */
  readonly addresses: number
  readonly routes: number
  /** Without them, the flood shows what it costs the machine by itself. */
  readonly reports: boolean
  /** Of a client that has no partner. */
  readonly token: string
}

export interface FloodResult {
  readonly refused: number
  readonly microsecondsOfARefusal: number
  readonly residentMebibytes: { readonly before: number; readonly highest: number; readonly after: number }
  readonly reports: unknown
}

const tickMs = 20
const mebibytes = () => process.memoryUsage.rss() / 1024 / 1024

process.once('message', (order: FloodOrder) => {
  flood(order).then(
    (result) => process.send!(result),
    (error: unknown) => process.send!({ error: String((error as Error).stack) }),
  )
})
process.on('disconnect', () => process.exit())

async function flood(order: FloodOrder): Promise<FloodResult> {
  const { perSecond, seconds, issuer, realm, credentials } = order
  const guard = createRemoteGuard({ issuer, realm, audience: 'api', credentials, reports: order.reports && { api: 'flooded' } })
  await guard.ready()
  const required = { partner: param('sellerId') }
  const before = mebibytes()
  let [highest, refused, spentMs] = [before, 0, 0]
  const startedAt = performance.now()
  for (let due = 0; performance.now() - startedAt < seconds * 1000;) {
    due = Math.min(perSecond * seconds, Math.floor(((performance.now() - startedAt) / 1000) * perSecond))
    const begun = performance.now()
    const deciding = []
    for (; refused < due; refused++) deciding.push(refuse(guard, refused, order, required))
    await Promise.all(deciding)
    spentMs += performance.now() - begun
    highest = Math.max(highest, mebibytes())
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
  await new Promise((resolve) => setTimeout(resolve, 5000)) // The last reports are under way.
  const [health] = guard.health()
  const after = mebibytes()
  await guard.close()
  return {
    refused,
    microsecondsOfARefusal: (spentMs / refused) * 1000,
    residentMebibytes: { before, highest, after },
    reports: health?.reports,
  }
}

async function refuse(
  guard: RemoteGuard,
  number: number,
  order: FloodOrder,
  required: { partner: ReturnType<typeof param> },
): Promise<void> {
  const address = number % order.addresses
  const request = {
    method: 'GET',
    route: `/v1/partners/{sellerId}/route-${number % order.routes}`,
    address: `198.18.${Math.floor(address / 250)}.${1 + (address % 250)}`,
    url: '/v1/partners/none/orders',
    params: { sellerId: 'none' },
    // Every fourth has no token, one is altered, and the others are refused for what they want.
    rawHeaders: number % 4 === 0 ? [] : ['authorization', `Bearer ${order.token}${number % 4 === 1 ? 'x' : ''}`],
  }
  const verdict = await guard.authorize(request, required)
  if (verdict.allowed) throw new Error('A request of the flood was allowed')
}
