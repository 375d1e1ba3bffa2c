// A server that takes reports, over real HTTP, and a reporter in front of it whose time is moved by hand.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { createTokenProvider, withBearer } from '@countersign/client'
import type { DecisionReport } from '@countersign/protocol'
import { createDecisionReporter, type DecisionReporterOptions } from './decision-reporter.ts'
import type { GuardDecision } from './guard-decision.ts'
import { aClock, clientId, organizationId } from './guard.fixture.ts'
import { createReportSender } from './send-report.ts'
import type { StartTimer } from './unref-timer.ts'

export interface ReportServer {
  readonly issuer: string
  /** Those that were read to their end, also if they were not accepted. */
  readonly reports: DecisionReport[]
  /** The Authorization headers of the reports. */
  readonly tokens: (string | undefined)[]
  tokenRequests: number
  /** What is answered to a report: a status, with headers, or nothing at all. */
  answer: (report: DecisionReport) => { readonly status: number; readonly headers?: Record<string, string> } | 'nothing'
  /** Whether the body of a report is read. */
  isReading: boolean
  /** Whether the client of the guard has the scope. */
  hasScope: boolean
}

export async function aReportServer(t: TestContext): Promise<ReportServer> {
  const listening = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  t.after(() => {
    listening.closeAllConnections()
    listening.close()
  })
  const origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  const server: ReportServer = {
    issuer: `${origin}/realms/nt24-idp`,
    reports: [],
    tokens: [],
    tokenRequests: 0,
    answer: () => ({ status: 204 }),
    isReading: true,
    hasScope: true,
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/token') return void respondWithToken(request, response)
    assert.equal(`${request.method} ${request.url}`, 'POST /realms/nt24-idp/v1/decisions')
    server.tokens.push(request.headers.authorization)
    if (!server.isReading) return
    const report = JSON.parse(await textOf(request)) as DecisionReport
    server.reports.push(report)
    const answer = server.answer(report)
    if (answer !== 'nothing') response.writeHead(answer.status, answer.headers).end()
  }

  async function respondWithToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    server.tokenRequests++
    assert.equal(new URLSearchParams(await textOf(request)).get('scope'), 'decisions:write')
    response.setHeader('content-type', 'application/json')
    if (!server.hasScope) return void response.writeHead(400).end('{"error":"invalid_scope"}')
    response.end(JSON.stringify({ access_token: `token-${server.tokenRequests}`, token_type: 'Bearer', expires_in: 300 }))
  }
  return server
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

/** Resolves as soon as the condition holds: what it waits for is a connection on loopback. */
export async function until(condition: () => boolean): Promise<void> {
  const startedAt = performance.now()
  while (!condition()) {
    if (performance.now() - startedAt > 20_000) throw new Error(`It did not come to ${String(condition)}`)
    await new Promise(setImmediate)
  }
}

interface HandTimer {
  readonly at: number
  readonly callback: () => void
}

export async function aReporter(t: TestContext, options: Partial<DecisionReporterOptions> = {}) {
  const server = await aReportServer(t)
  const clock = aClock()
  const timers = new Set<HandTimer>()
  const errors: Error[] = []
  const startTimer: StartTimer = (callback, delayMs) => {
    const timer = { at: clock.steady() + delayMs, callback }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const tokens = createTokenProvider({
    tokenUrl: new URL('/token', server.issuer).href,
    clientId: 'nt24-api',
    clientSecret: 'not-a-real-secret',
    scope: 'decisions:write',
    clock: { now: clock.monotonic, wallNow: clock.now, startTimer: () => () => {} },
  })
  const fetchWithToken = withBearer(fetch, tokens, { origins: [new URL(server.issuer).origin] })
  const { issuer } = server
  const reporter = createDecisionReporter({
    guard: '0badcafe',
    api: 'orders',
    send: createReportSender({ issuer, realm: 'nt24-idp', clientId: 'nt24-api', fetch: fetchWithToken }),
    health: () => ({ mode: 'feed', connected: true, revision: 7, knownAsOfSeconds: 0.5, reportOnlyUntil: null }),
    clock: clock.now,
    steadyClock: clock.steady,
    startTimer,
    random: () => 0,
    onError: (error) => errors.push(error),
    ...options,
  })

  /** Moves the time, and calls the timers that are due by then. */
  function pass(seconds: number): void {
    clock.advance(seconds)
    const due = [...timers].filter(({ at }) => at <= clock.steady() + 0.001)
    for (const timer of due) {
      timers.delete(timer)
      timer.callback()
    }
  }

  /** Moves the time until no more is due; returns the first report that was sent then. */
  async function report(seconds: number): Promise<DecisionReport> {
    const before = server.reports.length
    pass(seconds)
    await until(() => server.reports.length > before && timers.size > 0)
    return server.reports[before]!
  }

  /** Until the reporter waits for the time to move on. */
  const settled = () => until(() => timers.size > 0)
  return { settled, server, clock, timers, errors, reporter, tokens, pass, report }
}

let decisions = 0

export function aRefusal(changes: Partial<GuardDecision> = {}): GuardDecision {
  return {
    requestId: `01a3185c5000-0badcafe-${(++decisions).toString(16).padStart(8, '0')}`,
    at: 1_800_000_000_000,
    method: 'GET',
    route: '/v1/orders',
    outcome: 'insufficient-scope',
    clientId,
    organizationId,
    tokenId: 'token-1',
    address: '198.51.100.7',
    apiRequestId: null,
    callerRequestId: null,
    checks: [],
    partnerId: null,
    requestorId: null,
    requires: { scope: ['admin'] },
    revision: 7,
    reportOnly: false,
    ...changes,
  }
}
