// Whether the gateway can decide, and how old what it knows is.
import type { RemoteGuard } from '@countersign/guard'

const checkMs = 2000

export interface ReadinessState {
  readonly ready: boolean
  /** Why it cannot decide, or what fails while it still can. */
  readonly failure: string | null
  readonly connected: boolean
  readonly revision: number | null
  readonly knownAsOfSeconds: number | null
  readonly leaseLeftSeconds: number
  readonly routes: number
  readonly reportOnlyUntil: string | null
}

export interface Readiness {
  check(): Promise<ReadinessState>
  /** For metrics; asks nothing. */
  gauges(): Readonly<Record<string, number>>
}

export interface ReadinessOptions {
  readonly guard: Pick<RemoteGuard, 'ready' | 'health'>
  readonly routes: () => number
  readonly isStopping: () => boolean
}

export function createReadiness({ guard, routes, isStopping }: ReadinessOptions): Readiness {
  /** Undefined if the guard can decide. */
  async function findFault(): Promise<string | undefined> {
    if (isStopping()) return 'The gateway is stopping'
    const late = Promise.withResolvers<string>()
    const timer = setTimeout(() => late.resolve(`No answer of the server within ${checkMs / 1000} s`), checkMs)
    const asked = guard.ready().then(
      () => undefined,
      (error: Error) => error.message,
    )
    return Promise.race([asked, late.promise]).finally(() => clearTimeout(timer))
  }

  return {
    async check() {
      const fault = await findFault()
      const [{ failure, connected, revision, knownAsOfSeconds, leaseLeftSeconds, reportOnlyUntil }] = guard.health() as [Health]
      const known = { connected, revision, knownAsOfSeconds, leaseLeftSeconds, routes: routes(), reportOnlyUntil }
      return { ready: fault === undefined, failure: fault ?? failure, ...known }
    },
    gauges() {
      const [{ connected, revision, knownAsOfSeconds, leaseLeftSeconds, reportOnlyPassed, reports }] = guard.health() as [Health]
      const { user, system } = process.cpuUsage()
      return {
        countersign_gateway_connected: Number(connected),
        ...(revision !== null && { countersign_gateway_revision: revision }),
        ...(knownAsOfSeconds !== null && { countersign_gateway_known_as_of_seconds: knownAsOfSeconds }),
        countersign_gateway_lease_left_seconds: leaseLeftSeconds,
        countersign_gateway_routes: routes(),
        countersign_gateway_report_only_passed_total: reportOnlyPassed,
        ...(reports && { countersign_gateway_lost_refusals_total: reports.lostRefusals }),
        process_cpu_seconds_total: (user + system) / 1e6,
        process_resident_memory_bytes: process.memoryUsage.rss(),
      }
    },
  }
}

type Health = ReturnType<RemoteGuard['health']>[number]
