// Composes one report of at most as many bytes as the server reads.
import { reportLimits, type DecisionReport, type RefusalReport, type RouteReport } from '@countersign/protocol'

export interface ComposedReport {
  readonly number: number
  readonly body: Uint8Array<ArrayBuffer>
  readonly refusals: number
  /** How many decisions its counts and its own losses stand for. */
  readonly counted: number
  readonly lost: DecisionReport['lost']
  readonly hasRoutes: boolean
}

/** Room for what a proxy adds. */
const maxBytes = reportLimits.bytes - 8192

/** @param putBack is given the refusals that do not fit */
export function composeReport(report: DecisionReport, putBack: (refusals: readonly RefusalReport[]) => void): ComposedReport {
  let { refusals, routes } = report
  let body = encode({ ...report })
  while (body.byteLength > maxBytes && (refusals.length > 0 || (routes && routes.length > 0))) {
    if (refusals.length > 0) {
      const kept = Math.floor(refusals.length / 2)
      putBack(refusals.slice(kept))
      refusals = refusals.slice(0, kept)
    } else routes = routes!.slice(0, Math.floor(routes!.length / 2)) // Of a thousand long ones, the rest is not listed.
    body = encode({ ...report, refusals, ...(routes && { routes }) })
  }
  const { number, counts, lost } = report
  const counted = counts.reduce((sum, { count }) => sum + count, 0)
  return { number, body, refusals: refusals.length, counted, lost, hasRoutes: routes !== undefined }
}

/** The automatic HEAD of a GET says nothing new. */
export function listRoutes(routes: Iterable<RouteReport>): RouteReport[] {
  const all = [...routes]
  const got = new Set(all.filter(({ method }) => method === 'GET').map(({ route }) => route))
  return all.filter(({ method, route }) => method !== 'HEAD' || !got.has(route)).slice(0, reportLimits.routes)
}

function encode(report: DecisionReport): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(report))
}
