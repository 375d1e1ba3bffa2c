// The figures of a run, and what is wrong in it: every member of `violations` must be 0 or null.
import type { StoredPast } from '@countersign/server/look-into-store.fixture'
import { findUnansweredCalls } from './check-answers.ts'
import { checkLog } from './check-log.ts'
import { checkRights, type BoundOf } from './check-rights.ts'
import { formatTail, type Call, type Change, type Journal } from './journal.ts'

/** @throws Error with what preceded the first wrong call */
export function refuseWrongCalls(journal: Journal, boundOf: BoundOf): void {
  const { acceptedTooLate, refusedWrongly } = checkRights(journal, boundOf)
  const refused = findRefusedChanges(journal)[0]
  if (refused) throw new Error(`The change ${refused.id} (${refused.kind} of ${refused.subject}) was refused: ${refused.refusal}`)
  const wrong = { 'Accepted too late': acceptedTooLate, 'Refused wrongly': refusedWrongly, 'Not answered': findUnansweredCalls(journal) }
  for (const [what, [call]] of Object.entries(wrong)) {
    if (call) throw new Error(`${what}: ${describeCall(call)}\n${formatTail(aboutTheRightsOf(call, journal), call.answeredAt)}\n`)
  }
}

export function describeRun(journal: Journal, past: StoredPast & { readonly recordedFailovers: number }, boundOf: BoundOf) {
  const { acceptedTooLate, refusedWrongly, refusedAsRequired } = checkRights(journal, boundOf)
  const { changesLost, tokensLost, ...wrong } = checkLog(journal, past)
  const { calls, changes, incidents } = journal
  return {
    faults: countEach(incidents.map(({ fault }) => fault.replace(/-?\d+(\.\d+)?/g, 'N'))),
    calls: countEach(calls.map(({ outcome }) => outcome)),
    refusedAsRequired,
    acknowledgedChanges: countEach(changes.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).map(({ kind }) => kind)),
    deliveredTokens: calls.filter(({ tokenId }) => tokenId !== undefined).length,
    events: past.events,
    failoversWithLosses: { count: journal.losses.length, recorded: past.recordedFailovers, changesLost, tokensLost },
    violations: {
      acceptedTooLate: acceptedTooLate.length,
      refusedWrongly: refusedWrongly.length,
      unanswered: findUnansweredCalls(journal).length,
      refusedChanges: findRefusedChanges(journal).length,
      ...Object.fromEntries(Object.entries(wrong).map(([what, which]) => [what, which.length])),
      fault: past.fault ?? null,
    },
  }
}

const findRefusedChanges = ({ changes }: Journal): Change[] =>
  changes.filter(({ refusal, followsLoss }) => refusal !== undefined && !followsLoss)

const describeCall = ({ place, what, answer, sentAt, needs }: Call): string =>
  `${what} at ${place} at ${sentAt.toFixed(0)}: ${answer}. It needs: ${needs.join(', ')}.`

/** Only the changes and calls with one of its rights, and all faults. */
function aboutTheRightsOf({ needs }: Call, journal: Journal): Journal {
  return {
    ...journal,
    changes: journal.changes.filter(({ effects }) => needs.some((right) => Object.hasOwn(effects, right))),
    calls: journal.calls.filter((call) => call.needs.some((right) => needs.includes(right))),
  }
}

function countEach(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
