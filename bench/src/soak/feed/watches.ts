// When each guard of this process knows of a revocation: by the revision that its health() names. A guard names a revision only after it has
// forgotten what the changes up to it are about, so every decision that begins later reads the rights again. It is read every few
// milliseconds from the request of the revocation on, so the times are late by that at most. Some guards, and over a run every guard, decide
// for real all the time meanwhile.
import { eventually } from '@countersign/server/store/processes.fixture'
import type { FedGuard, FedGuards } from './fed-guards.ts'
import { machineNow, type DecidedInWatch, type Holder, type Settled, type SettleWatch, type Watch } from './guard-orders.ts'

const pollMs = 3

interface Decider {
  readonly fed: FedGuard
  readonly holder: Holder
  isBusy: boolean
  refusedAt: number | null
  /** For each accepted decision, the revision that the guard knew before. */
  readonly acceptedAt: number[]
  acceptedAfterRefused: number
  unavailable: number
}

interface OpenWatch {
  /** A guard that does not know more waits. */
  least: number
  readonly waiting: Set<FedGuard>
  /** The revisions of a guard with the time at which each was seen first. */
  readonly seen: Map<FedGuard, (readonly [revision: number, at: number])[]>
  readonly deciders: readonly Decider[]
}

const revisionOf = ({ guard }: FedGuard): number => guard.health()[0]!.revision ?? 0

export function createWatches(fed: FedGuards) {
  const watches = new Map<number, OpenWatch>()
  let timer: NodeJS.Timeout | undefined
  let lastPass = Date.now()

  function pass(): void {
    const from = lastPass
    lastPass = Date.now()
    for (const watch of watches.values()) {
      for (const guard of watch.waiting) look(watch, guard, from)
      for (const decider of watch.deciders) if (!decider.isBusy) void decide(decider)
    }
    timer = watches.size > 0 ? setTimeout(pass, pollMs) : undefined
  }

  function look({ least, waiting, seen }: OpenWatch, guard: FedGuard, from: number): void {
    const revision = revisionOf(guard)
    const known = seen.get(guard)
    if (revision > (known?.at(-1)?.[0] ?? 0)) {
      if (known) known.push([revision, machineNow()])
      else seen.set(guard, [[revision, machineNow()]])
      fed.noteSeen(guard.number, revision, from)
    }
    if (revision >= least) waiting.delete(guard)
  }

  async function decide(decider: Decider): Promise<void> {
    decider.isBusy = true
    const known = revisionOf(decider.fed)
    const from = Date.now()
    const outcome = await fed.decideOnce(decider.fed, decider.holder, false)
    if (outcome === 'unavailable') decider.unavailable++
    if (outcome === 'accepted') {
      if (decider.refusedAt !== null) decider.acceptedAfterRefused++
      decider.acceptedAt.push(known)
    }
    const isFirst = outcome === 'accepted' ? decider.acceptedAt.length === 1 : decider.refusedAt === null
    if (outcome === 'refused') decider.refusedAt ??= machineNow()
    if (isFirst || decider.acceptedAfterRefused > 0) fed.record(decider.fed.number, decider.holder, outcome, from)
    decider.isBusy = false
  }

  return {
    begin({ id, after, deciders }: Watch): void {
      watches.set(id, {
        least: after + 1,
        waiting: new Set(fed.all()),
        seen: new Map(),
        deciders: deciders.map(([number, holder]) => {
          const nothing = { isBusy: false, refusedAt: null, acceptedAt: [], acceptedAfterRefused: 0, unavailable: 0 }
          return { fed: fed.find(number), holder, ...nothing }
        }),
      })
      timer ??= setTimeout(pass, 0)
    },
    abandon: (id: number) => void watches.delete(id),
    async settle({ id, revision }: SettleWatch): Promise<Settled> {
      const watch = watches.get(id)!
      watch.least = revision
      for (const guard of fed.all()) if ((watch.seen.get(guard)?.at(-1)?.[0] ?? 0) < revision) watch.waiting.add(guard)
      const isDone = () => watch.waiting.size === 0 && watch.deciders.every(({ refusedAt }) => refusedAt !== null)
      await eventually('every guard knows the revocation', isDone, 30).catch(() => {})
      await eventually('no decision is under way', () => watch.deciders.every(({ isBusy }) => !isBusy))
      watches.delete(id)
      const knownAt = [...fed.all()].map((guard) => watch.seen.get(guard)?.find(([seen]) => seen >= revision)?.[1] ?? null)
      return { knownAt, decided: watch.deciders.map((decider) => describe(decider, revision)) }
    },
  }
}

function describe({ fed, refusedAt, acceptedAt, acceptedAfterRefused, unavailable }: Decider, revision: number): DecidedInWatch {
  const acceptedAfterKnown = acceptedAt.filter((known) => known >= revision).length
  return { guard: fed.number, refusedAt, acceptedAfterKnown, acceptedAfterRefused, unavailable }
}
