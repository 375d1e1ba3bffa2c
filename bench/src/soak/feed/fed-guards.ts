// The guards of one process, and their decisions about a guarded route.
import { createRemoteGuard, param, type RemoteGuard } from '@countersign/guard'
import { eventually } from '@countersign/server/store/processes.fixture'
import { recordSteps, type Recording, type Subject } from '../../../../conformance/model/steps.ts'
import { readToken } from '../read-token.ts'
import { bounds } from './bounds.ts'
import type { Holder, OpenGuards, Outcome } from './guard-orders.ts'

export interface FedGuard {
  readonly number: number
  readonly guard: RemoteGuard
}

/** All that a token and its client can lose is demanded by it. */
const requirement = { dpa: 'any', scope: 'read', partner: param('partner') } as const
/** Guards that get ready at a time; each sends several requests. */
const atOnce = 25

export type FedGuards = ReturnType<typeof createFedGuards>

export function createFedGuards() {
  const guards = new Map<number, FedGuard>()
  const errors: Record<string, number> = {}
  let recording: Recording | undefined

  function create(number: number, { issuer, realm, credentials, entitlementSeconds, staleIfErrorSeconds }: OpenGuards): FedGuard {
    const guard = createRemoteGuard({
      issuer,
      realm,
      audience: 'api',
      credentials,
      entitlementSeconds,
      staleIfErrorSeconds,
      onError(error) {
        const what = error.message
          .replace(/"?https?:\S+/g, 'a URL')
          .replace(/\d+/g, 'N')
          .slice(0, 150)
        errors[what] = (errors[what] ?? 0) + 1
      },
    })
    return { number, guard }
  }

  async function decideOnce({ number, guard }: FedGuard, { token, partner }: Holder, isRecorded = true): Promise<Outcome> {
    const from = Date.now()
    const request = { rawHeaders: ['authorization', `Bearer ${token}`], url: `/v1/partners/${partner}/orders`, params: { partner } }
    const verdict = await guard.authorize(request, requirement)
    const outcome = verdict.allowed ? 'accepted' : verdict.code === 'temporarily-unavailable' ? 'unavailable' : 'refused'
    if (isRecorded) record(number, { token, partner }, outcome, from)
    return outcome
  }

  function record(number: number, { token, partner }: Holder, outcome: Outcome, from: number): void {
    const rests: Subject[] = [`right:partner ${partner}`, `right:scope ${partner}`]
    recording?.add({ step: 'decided', by: `guard:${number}`, token: readToken(token).jti, outcome, rests, from, to: Date.now() })
  }

  async function count(decisions: Iterable<Promise<Outcome>>): Promise<Record<Outcome, number>> {
    const counts = { accepted: 0, refused: 0, unavailable: 0 }
    for (const outcome of await Promise.all(decisions)) counts[outcome]++
    return counts
  }

  const find = (number: number): FedGuard => guards.get(number)!
  return {
    all: (): Iterable<FedGuard> => guards.values(),
    find,
    decideOnce,
    record,
    /** Steps are recorded of each decision, and of what every fiftieth guard sees. */
    noteSeen(number: number, revision: number, from: number): void {
      if (number % 50 === 0) recording?.add({ step: 'seen', by: `guard:${number}`, revision, from, to: Date.now() })
    },
    async open(input: OpenGuards): Promise<void> {
      recording ??= recordSteps(input.recording, { name: 'feed', bounds: bounds(input.staleIfErrorSeconds) })
      const waiting = [...input.numbers]
      const work = async (): Promise<void> => {
        for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
          const fed = create(number, input)
          guards.set(number, fed)
          // On a busy machine, a node may not have read its store for longer than a guard bears.
          await eventually('a guard is ready', () =>
            fed.guard.ready().then(
              () => true,
              () => false,
            ),
          )
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      await eventually('all guards of the process hold a connection', () => connected() === guards.size)
    },
    connected,
    decide: (input: readonly (readonly [number, Holder])[]) => count(input.map(([number, holder]) => decideOnce(find(number), holder))),
    async decideAll(holders: readonly Holder[]) {
      const total = { accepted: 0, refused: 0, unavailable: 0 }
      for (const holder of holders) {
        const counts = await count([...guards.values()].map((fed) => decideOnce(fed, holder)))
        for (const outcome of ['accepted', 'refused', 'unavailable'] as const) total[outcome] += counts[outcome]
      }
      return total
    },
    errors: () => errors,
    close(): void {
      for (const { guard } of guards.values()) guard.close()
      recording?.close()
    },
  }

  function connected(): number {
    let sum = 0
    for (const { guard } of guards.values()) if (guard.health()[0]!.connected) sum++
    return sum
  }
}
