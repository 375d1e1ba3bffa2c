// Refused requests of the last hours, so that the console has something to explain: an agreement that is outdated, a partner that is not
// allowed, and a wrong secret. They are made up; those of seed-real-refusals.ts are not.
import { decisionChecks, type CheckResult, type DecisionCheck } from '@countersign/protocol'
import type { CountersignServer, PastRefusal, PastUsage } from '@countersign/server'
import type { DemoState } from '../home.ts'

const hourMs = 3_600_000

interface Kind {
  readonly client: string
  readonly perHour: number
  readonly hoursAgo: readonly [from: number, to: number]
  readonly address: string
  readonly refusal: Pick<PastRefusal, 'code' | 'source' | 'method' | 'route' | 'reason' | 'detail'>
}

/** @param now milliseconds since the epoch */
export async function seedRefusals(server: CountersignServer, state: DemoState, realm: string, now: number): Promise<void> {
  const { clients, guard } = state.systems['novatrade24']!
  const counts: PastUsage['counts'][number][] = []
  const refusals: PastRefusal[] = []
  for (const { client, perHour, hoursAgo, address, refusal } of kindsOf(clients)) {
    const { clientId, organizationId } = clients[client]!
    const isCall = refusal.source === 'guard'
    for (let ago = hoursAgo[0]; ago >= hoursAgo[1]; ago--) {
      const start = now - (now % hourMs) - ago * hourMs
      const end = Math.min(start + hourMs, now)
      const count = Math.round((perHour * (end - start)) / hourMs)
      if (count === 0) continue
      for (let one = 0; one < count; one++) {
        const at = Math.floor(start + ((one + 0.5) * (end - start)) / count)
        const reported = isCall && { reporter: guard.clientId, api: 'nt24-integration-api', guard: 'demo' }
        refusals.push({
          requestId: requestIdOf(at, refusals.length),
          realm,
          at,
          clientId,
          organizationId,
          address,
          ...reported,
          ...refusal,
        })
      }
      const what = isCall ? 'call' : 'token'
      const subject = isCall ? `${refusal.method} ${refusal.route}` : ''
      counts.push({ realm, clientId, organizationId, start, what, subject, outcome: refusal.code, count })
    }
  }
  await server.addPastUsage({ counts, uses: [] })
  await server.addPastRefusals(refusals)
}

const orders = { source: 'guard', method: 'GET', route: '/novatrade24/v1/partners/{sellerId}/orders' } as const

function kindsOf(clients: DemoState['systems'][string]['clients']): readonly Kind[] {
  const [foreign = ''] = clients['borealis']!.partnerIds
  const requires = { partner: 'sellerId' }
  return [
    {
      client: 'cobalt',
      perHour: 59,
      hoursAgo: [6, 0],
      address: '198.51.100.7',
      refusal: {
        ...orders,
        code: 'dpa-outdated',
        detail: { requires, checks: checksUpTo('agreement', 'version 2025-01 is accepted, 2026-01 is required') },
      },
    },
    {
      client: 'acme',
      perHour: 4,
      hoursAgo: [8, 0],
      address: '198.51.100.7',
      refusal: {
        ...orders,
        code: 'partner-not-authorized',
        detail: {
          requires,
          checks: checksUpTo('partner', `${foreign} is not among the 2 partners of the organization`),
          partnerId: foreign,
        },
      },
    },
    {
      client: 'golf',
      perHour: 32,
      hoursAgo: [4, 2],
      address: '203.0.113.99',
      refusal: {
        source: 'token',
        method: 'POST',
        route: '/realms/nt24-idp/protocol/openid-connect/token',
        code: 'invalid-client',
        reason: 'wrong-secret',
        detail: { isNamed: true },
      },
    },
  ]
}

function checksUpTo(failed: DecisionCheck, saw: string): CheckResult[] {
  const at = decisionChecks.indexOf(failed)
  return decisionChecks.map((check, index) => ({
    check,
    result: index < at ? 'passed' : index === at ? 'failed' : 'not-reached',
    saw: index === at ? saw : null,
  }))
}

/** In the form of those of guards and of the server. */
function requestIdOf(at: number, index: number): string {
  const [time, count] = [at.toString(16).padStart(12, '0'), index.toString(16).padStart(8, '0')]
  return `${time}-de30de30-${count}`
}
