// Whether this node should get requests: a list of named checks that any part of the server can add to. The public probe says
// only yes or no; the reasons and the warnings are for the operations listener.
import type { FastifyInstance } from 'fastify'
import { toError } from '../errors.ts'

/** Returns the reason why the node is not ready, or undefined. Called for every probe, so it must be cheap and synchronous. */
export type ReadinessCheck = () => string | undefined

export interface Readiness {
  add(name: string, check: ReadinessCheck): void
  /** Adds a check for a condition that does not make the node unready yet, but may. */
  warn(name: string, check: ReadinessCheck): void
  /** The current warnings, by the names of their checks. */
  warnings(): Readonly<Record<string, string>>
  /** The reasons of all failing checks; empty on a node that is ready. */
  reasons(): Readonly<Record<string, string>>
}

export function createReadiness(): Readiness {
  const checks = new Map<string, ReadinessCheck>()
  const worries = new Map<string, ReadinessCheck>()
  return {
    add: (name, check) => void checks.set(name, check),
    warn: (name, check) => void worries.set(name, check),
    reasons: () => askAll(checks),
    warnings: () => askAll(worries),
  }
}

function askAll(checks: ReadonlyMap<string, ReadinessCheck>): Readonly<Record<string, string>> {
  const found = [...checks].map(([name, check]) => [name, ask(check)] as const)
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
}

export function isReady(readiness: Readiness): boolean {
  return Object.keys(readiness.reasons()).length === 0
}

/** A check that throws counts as failing. */
function ask(check: ReadinessCheck): string | undefined {
  try {
    return check()
  } catch (error) {
    return `the check failed: ${toError(error).message}`
  }
}

/** `/livez` and `/readyz` for load balancers, on the public listener: one word each, and no reasons. */
export function mountProbes(app: FastifyInstance, readiness: Readiness): void {
  const serve = (url: string, isOk: () => boolean) =>
    app.get(url, { config: { surface: 'probe', endpoint: { kind: 'probe' } } }, (_request, reply) => {
      const ok = isOk()
      return reply
        .code(ok ? 200 : 503)
        .headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
        .send(ok ? 'ok' : 'not ok')
    })
  serve('/livez', () => true)
  serve('/readyz', () => isReady(readiness))
}
