// The report of a guard, as a test needs it.
import { decisionChecks, type CheckResult, type DecisionReport, type RefusalReport } from '@countersign/protocol'

let made = 0

/** An id as guards make them; each call gives another one. */
export function aRequestId(at = 0): string {
  return `${at.toString(16).padStart(12, '0')}-0badcafe-${(++made).toString(16).padStart(8, '0')}`
}

/** A request that was refused for its scope. */
export function aRefusal(refusal: Partial<RefusalReport> = {}): RefusalReport {
  return {
    requestId: aRequestId(),
    at: 0,
    code: 'insufficient-scope',
    method: 'GET',
    route: '/v1/orders/{id}',
    clientId: null,
    tokenId: null,
    address: '198.51.100.7',
    apiRequestId: null,
    revision: 1,
    reportOnly: false,
    checks: checksUntil('scope', 'orders:read is not among profile'),
    requires: { scope: ['orders:read'] },
    partnerId: null,
    requestorId: null,
    ...refusal,
  }
}

export function aReport(report: Partial<DecisionReport> = {}): DecisionReport {
  return {
    guard: '0badcafe',
    api: 'orders-api',
    number: 1,
    sentAt: 0,
    health: { mode: 'feed', connected: true, revision: 1, knownAsOfSeconds: 1, reportOnlyUntil: null },
    refusals: [],
    counts: [],
    lost: { refusals: 0, counts: 0 },
    ...report,
  }
}

function checksUntil(failed: string, saw: string): CheckResult[] {
  const at = decisionChecks.findIndex((check) => check === failed)
  return decisionChecks.map((check, index) => {
    if (index === at) return { check, result: 'failed', saw }
    return { check, result: index < at ? 'passed' : 'not-reached', saw: null }
  })
}
