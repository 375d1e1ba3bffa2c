// Delivers reports one after the other. Each is repeated under its number until the server has taken it, or until no repetition would help.
import type { ComposedReport } from './compose-report.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'
import type { SendOutcome, SendReport } from './send-report.ts'

export interface ReportDeliveryOptions {
  readonly send: SendReport
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  /** In [0, 1), for the pauses after failures. */
  readonly random: () => number
  /** Told once when the guard may not report, and once when the server refuses a report. */
  readonly onError: (error: Error) => void
  /** What the report says is lost. */
  readonly onGivenUp: (report: ComposedReport) => void
}

export interface ReportDelivery {
  /**
   * Sends the report that was not taken yet, otherwise the one that `compose` makes.
   * @returns false if it has to be sent again
   */
  deliver(compose: () => ComposedReport, withinMs: number): Promise<boolean>
  readonly unanswered: ComposedReport | undefined
  /** Nothing is to be delivered before. */
  readonly pausedUntil: number
  /** When the server took the last one. */
  readonly lastTakenAt: number | undefined
  /** Why the last one was not taken. */
  readonly failure: Error | undefined
  readonly isForbidden: boolean
  /** Ends the pause, unless the server asked for it. @returns whether it did */
  resume(): boolean
}

const rejectedMs = 1000
const forbiddenMs = 60_000
const absentMs = 600_000
/** After about ten minutes of failures a report is given up: it may be what the server fails at. */
const maxAttempts = 20

export function createReportDelivery({ send, clock, random, onError, onGivenUp }: ReportDeliveryOptions): ReportDelivery {
  let unanswered: ComposedReport | undefined
  let attempts = 0
  let pause: RetryPause | undefined
  let pausedUntil = -Infinity
  let lastTakenAt: number | undefined
  let failure: Error | undefined
  let isForbidden = false
  let isRejectionTold = false

  async function deliver(compose: () => ComposedReport, withinMs: number): Promise<boolean> {
    if (!unanswered) attempts = 0
    const report = (unanswered ??= compose())
    const startedAt = clock()
    attempts++
    settle(report, await send(report.body, withinMs), startedAt)
    return unanswered === undefined
  }

  function settle(report: ComposedReport, outcome: SendOutcome, startedAt: number): void {
    const now = clock()
    failure = 'error' in outcome ? outcome.error : undefined
    if (outcome.kind === 'accepted') {
      pause = undefined
      isForbidden = false
      lastTakenAt = now
      unanswered = undefined
      return
    }
    if (outcome.kind === 'rejected') {
      if (!isRejectionTold) onError(outcome.error)
      isRejectionTold = true
      return giveUp(report, now + rejectedMs)
    }
    if (outcome.kind === 'failed') {
      pause = nextPause(pause, { error: outcome.error, startedAt, now }, random)
      pausedUntil = pause.until
      if (attempts >= maxAttempts) giveUp(report, pausedUntil)
      return
    }
    pause = undefined
    pausedUntil = now + (outcome.kind === 'absent' ? absentMs : forbiddenMs)
    if (outcome.kind === 'forbidden' && !isForbidden) onError(outcome.error)
    isForbidden = outcome.kind === 'forbidden'
  }

  function giveUp(report: ComposedReport, until: number): void {
    unanswered = undefined
    pausedUntil = until
    onGivenUp(report)
  }

  return {
    deliver,
    get unanswered() {
      return unanswered
    },
    get pausedUntil() {
      return pausedUntil
    },
    get lastTakenAt() {
      return lastTakenAt
    },
    get failure() {
      return failure
    },
    get isForbidden() {
      return isForbidden
    },
    resume() {
      if (pause?.isAsked && clock() < pausedUntil) return false
      pausedUntil = -Infinity
      pause = undefined
      return true
    },
  }
}
