// Whether each call was answered, except at a process that was down or suspended.
import type { Call, Journal } from './journal.ts'

export function findUnansweredCalls({ calls, incidents }: Journal): Call[] {
  return calls.filter(
    ({ outcome, place, sentAt, answeredAt }) =>
      outcome === 'unanswered' &&
      !incidents.some(({ silences, startedAt, endedAt = Infinity }) => silences === place && startedAt <= answeredAt && sentAt <= endedAt),
  )
}
