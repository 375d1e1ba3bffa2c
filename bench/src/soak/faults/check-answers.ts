// Whether each call was answered, except at a process that was down or suspended.
import type { Call, Incident, Journal } from './journal.ts'

export function findUnansweredCalls({ calls, incidents }: Journal): Call[] {
  return calls.filter(
    (call) => call.outcome === 'unanswered' && !incidents.some((incident) => incident.silences === call.place && isDuring(incident, call)),
  )
}

/** Also in part. */
export function isDuring({ startedAt, endedAt = Infinity }: Incident, call: Call): boolean {
  return startedAt <= call.answeredAt && call.sentAt <= endedAt
}
