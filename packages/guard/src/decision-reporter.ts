// Reports decisions to one issuer: what was refused, and how much was decided. A request only adds to a list or a count of bounded length;
// reports are composed when they are due, and delivered beside the requests (deliver-reports.ts).
import { isOfOtherClient, reportLimits, type DecisionReport, type RouteReport } from '@countersign/protocol'
import type { Access, GuardRequest } from './access.ts'
import { composeReport, listRoutes, type ComposedReport } from './compose-report.ts'
import { createDecisionCounts, type CountLimits } from './decision-counts.ts'
import { createReportDelivery } from './deliver-reports.ts'
import { readMethod, readRoute, type GuardDecision } from './guard-decision.ts'
import { createRefusalQueue, type RefusalLimits } from './refusal-queue.ts'
import type { SendReport } from './send-report.ts'
import { startUnrefTimer, type StartTimer } from './unref-timer.ts'

export interface DecisionReporterOptions {
  /** The name of this process: eight hexadecimal digits. */
  readonly guard: string
  /** How the API calls itself. */
  readonly api: string | null
  readonly send: SendReport
  readonly health: () => DecisionReport['health']
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds; never goes back. */
  readonly steadyClock: () => number
  /** `undefined` where timers do not run, as between the requests of a worker: then only a decision sends what is due. */
  readonly startTimer: StartTimer | undefined
  /** In [0, 1), for the pauses after failures. */
  readonly random: () => number
  /** Told once when the guard may not report, and once when the server refuses a report. */
  readonly onError: (error: Error) => void
  readonly limits?: { readonly refusals?: RefusalLimits; readonly counts?: CountLimits }
}

/** What becomes of the reports. All of it can be sent as JSON. */
export interface ReportHealth {
  /** Since the server took a report; null before the first. */
  readonly lastSentSeconds: number | null
  /** Refusals that wait to be reported. */
  readonly pending: number
  /** Refusals that were not reported singly, since the start. */
  readonly lostRefusals: number
  /** Decisions that are in no count of a report, since the start. */
  readonly lostCounts: number
  /** Why the last report was not taken; null if it was. */
  readonly failure: string | null
}

export interface DecisionReporter {
  allowed(request: GuardRequest, access: Access): void
  denied(decision: GuardDecision): void
  register(route: RouteReport): void
  /** The first report is sent a second later. */
  start(): void
  health(): ReportHealth
  /** Ends the pause after a failure, because the guard has other credentials; not one that the server asked for. */
  retryNow(): void
  /** Sends what is left, within two seconds, and nothing afterwards. */
  close(): Promise<void>
}

const refusalMs = 1000
const countMs = 5000
const heartbeatMs = 30_000
const timeLimitMs = 5000
const closeMs = 2000

export function createDecisionReporter(options: DecisionReporterOptions): DecisionReporter {
  const { guard, api, send, clock, steadyClock, startTimer, random, onError, limits = {} } = options
  const queue = createRefusalQueue(steadyClock, limits.refusals)
  const counts = createDecisionCounts(limits.counts)
  const delivery = createReportDelivery({ send, clock: steadyClock, random, onError, onGivenUp: loseReport })
  const routes = new Map<string, RouteReport>()
  let areRoutesKnown = true
  let number = 0
  let sending: Promise<boolean> | undefined
  /** What the next report says is lost. */
  let lost = { refusals: 0, counts: 0 }
  let lostInAll = { refusals: 0, counts: 0 }
  let isClosed = false
  /** When the oldest refusal, the oldest count and the next report without either are due. */
  let refusalsDueAt = Infinity
  let countsDueAt = Infinity
  let heartbeatAt = Infinity
  let stopTimer: (() => void) | undefined
  let timerAt = Infinity
  /** By the time of day; see `proceedWithoutTimers`. */
  let checkedAt = -Infinity

  function dueAt(): number {
    if (heartbeatAt === Infinity) return Infinity
    const due = delivery.unanswered
      ? -Infinity
      : Math.min(queue.size >= reportLimits.refusals ? -Infinity : refusalsDueAt, countsDueAt, heartbeatAt)
    return Math.max(due, delivery.pausedUntil)
  }

  /** Sends what is due, or starts the timer for it. Never in the turn of a decision. */
  function proceed(): void {
    if (sending || isClosed) return
    const now = steadyClock()
    const at = dueAt()
    if (at > now) return wait(at, now)
    stopTimer?.()
    stopTimer = undefined
    timerAt = Infinity
    sending = delivery.deliver(compose, timeLimitMs).finally(() => {
      sending = undefined
      proceed()
    })
  }

  function wait(at: number, now: number): void {
    if (!startTimer || at >= timerAt) return
    stopTimer?.()
    timerAt = at
    stopTimer = startTimer(
      () => {
        timerAt = Infinity
        stopTimer = undefined
        proceed()
      },
      Math.max(1, at - now),
    )
  }

  /** Something is due earlier than before. */
  function expedite(): void {
    if (startTimer && !sending && !isClosed) {
      const now = steadyClock()
      wait(Math.max(dueAt(), now), now)
    }
  }

  function compose(): ComposedReport {
    const refusals = queue.take(reportLimits.refusals)
    const counted = counts.take(reportLimits.counts)
    noteLosses()
    const telling = lost
    lost = { refusals: 0, counts: 0 }
    const [now, sentAt] = [steadyClock(), Math.floor(clock())]
    const base = { guard, api, number: ++number, sentAt, health: options.health(), refusals, counts: counted, lost: telling }
    const report = composeReport({ ...base, ...(!areRoutesKnown && { routes: listRoutes(routes.values()) }) }, queue.putBack)
    areRoutesKnown = true
    refusalsDueAt = queue.size > 0 ? now : Infinity
    countsDueAt = counts.isEmpty ? Infinity : now
    heartbeatAt = now + heartbeatMs
    return report
  }

  function loseReport(report: ComposedReport): void {
    lost = { refusals: lost.refusals + report.lost.refusals, counts: lost.counts + report.lost.counts }
    lose({ refusals: report.refusals, counts: report.counted })
    if (report.hasRoutes) areRoutesKnown = false
  }

  function noteLosses(): void {
    lose({ refusals: queue.takeLost(), counts: counts.takeLost() })
  }

  function lose(more: DecisionReport['lost']): void {
    lost = { refusals: lost.refusals + more.refusals, counts: lost.counts + more.counts }
    lostInAll = { refusals: lostInAll.refusals + more.refusals, counts: lostInAll.counts + more.counts }
  }

  /** Where timers do not run. In a later turn, so that no decision waits for a report to be composed. */
  function proceedWithoutTimers(now: number): void {
    if (startTimer || (now - checkedAt < refusalMs && now >= checkedAt)) return
    checkedAt = now
    queueMicrotask(proceed)
  }

  function start(): void {
    if (heartbeatAt !== Infinity) return
    heartbeatAt = steadyClock() + refusalMs
    expedite()
  }

  return {
    allowed(request, { token, entitlement: { client } }) {
      if (isClosed) return
      const now = clock()
      counts.allowed(client, token.clientId, request, now)
      if (countsDueAt === Infinity) noteCount()
      proceedWithoutTimers(now)
    },
    denied(decision) {
      if (isClosed) return
      const { outcome, at } = decision
      const clientId = isOfOtherClient(decision.checks) ? null : decision.clientId
      counts.denied(clientId, { method: decision.method ?? undefined, route: decision.route ?? undefined }, outcome, at)
      queue.add(decision)
      if (countsDueAt === Infinity) noteCount()
      if (refusalsDueAt === Infinity && queue.size > 0) refusalsDueAt = steadyClock() + refusalMs
      if (queue.size === 1 || queue.size === reportLimits.refusals) expedite()
      proceedWithoutTimers(at)
    },
    register(route) {
      // The server refuses a report with a route of another form, and all that is in it.
      if (readMethod(route.method) === null || readRoute(route.route) === null) return
      const name = `${route.method} ${route.route}`
      if (routes.size >= 2 * reportLimits.routes && !routes.has(name)) return
      routes.set(name, route)
      areRoutesKnown = false
      if (heartbeatAt === Infinity) return
      heartbeatAt = Math.min(heartbeatAt, steadyClock() + refusalMs)
      expedite()
    },
    start,
    health() {
      noteLosses()
      const { lastTakenAt, failure, unanswered } = delivery
      const waiting = queue.size + (unanswered?.refusals ?? 0)
      return {
        lastSentSeconds: lastTakenAt === undefined ? null : Math.round(steadyClock() - lastTakenAt) / 1000,
        pending: waiting,
        lostRefusals: lostInAll.refusals,
        lostCounts: lostInAll.counts,
        failure: failure?.message ?? null,
      }
    },
    retryNow() {
      if (delivery.resume()) expedite()
    },
    async close() {
      if (isClosed) return
      isClosed = true
      stopTimer?.()
      let stopWaiting = () => {}
      const tooLate = new Promise<void>((resolve) => (stopWaiting = (startTimer ?? startUnrefTimer)(resolve, closeMs)))
      await Promise.race([sendRest(steadyClock() + closeMs), tooLate])
      stopWaiting()
    },
  }

  async function sendRest(until: number): Promise<void> {
    await sending
    while (delivery.unanswered || queue.size > 0 || !counts.isEmpty) {
      const leftMs = until - steadyClock()
      if (leftMs <= 0 || delivery.isForbidden) return
      if (!(await delivery.deliver(compose, leftMs))) return // A repetition at once would not be taken, either.
    }
  }

  function noteCount(): void {
    start()
    countsDueAt = steadyClock() + countMs
    expedite()
  }
}
