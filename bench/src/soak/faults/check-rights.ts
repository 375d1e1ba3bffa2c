// Whether calls were accepted and refused as the acknowledged changes demand, from the journal alone.
import { isDuring } from './check-answers.ts'
import type { Call, Change, Effect, Journal } from './journal.ts'

/** `unsure` if a call that needs the right may go either way. */
type State = Effect | 'unsure'

/** For how many milliseconds after its acknowledgement a place may not know a change yet. */
export type BoundOf = (place: string) => number

export interface WrongCalls {
  /** Accepted although a right that they need had ended, and the bound was over before they were sent. */
  readonly acceptedTooLate: readonly Call[]
  /** Refused although all rights that they need were granted for longer than the bound, by a place that nothing misled meanwhile. */
  readonly refusedWrongly: readonly Call[]
  /** How many calls had to be refused, and were; without these a run shows nothing. */
  readonly refusedAsRequired: number
}

export function checkRights({ calls, changes, incidents }: Journal, boundOf: BoundOf): WrongCalls {
  const changesOf = groupByRight(changes)
  const verdicts = calls.map((call) => [call, judge(call, changesOf, boundOf(call.place))] as const)
  const isMisled = (call: Call) => incidents.some((incident) => incident.misleads === call.place && isDuring(incident, call))
  const are = (verdict: State, outcome: Call['outcome']) =>
    verdicts.filter(([call, found]) => found === verdict && call.outcome === outcome).map(([call]) => call)
  return {
    acceptedTooLate: are('ended', 'accepted'),
    refusedWrongly: are('granted', 'refused').filter((call) => !isMisled(call)),
    refusedAsRequired: are('ended', 'refused').length,
  }
}

function groupByRight(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>()
  for (const change of changes.toSorted((one, other) => one.sentAt - other.sentAt))
    for (const right of Object.keys(change.effects)) groups.set(right, [...(groups.get(right) ?? []), change])
  return groups
}

function judge(call: Call, changesOf: ReadonlyMap<string, readonly Change[]>, bound: number): State {
  const states = call.needs.map((right) => stateOf(right, changesOf.get(right) ?? [], call, bound))
  if (states.includes('ended')) return 'ended'
  return states.every((state) => state === 'granted') ? 'granted' : 'unsure'
}

/** The changes of one right are made one after another, so only the last ones count: the last one that is known everywhere, and later ones. */
function stateOf(right: string, changes: readonly Change[], { sentAt, answeredAt }: Call, bound: number): State {
  const settled = changes.findLastIndex(
    ({ acknowledgedAt = Infinity, lostAt = Infinity }) => acknowledgedAt + bound < sentAt && answeredAt < lostAt,
  )
  const possible = new Set<State>(
    changes
      .slice(settled === -1 ? 0 : settled)
      .filter((change) => change.sentAt <= answeredAt)
      .map(({ effects }) => effects[right]!),
  )
  if (settled === -1) possible.add(changes[0]?.effects[right] === 'granted' ? 'unsure' : 'granted')
  return possible.size === 1 ? [...possible][0]! : 'unsure'
}
