// Backoff after failed token requests: not before the Retry-After of the server, plus exponential backoff with full jitter, so
// that a fleet whose requests failed together does not retry together.
import type { TokenRequestError } from './token-request-error.ts'

/** Between two requests for the same token, even if the lifetime is shorter. */
export const minDistanceMs = 1000

const overload = { firstMs: 2000, maxMs: 60_000 }
/** A wrong secret rarely becomes valid by itself, and servers block addresses after repeated failed logins (seed 003). */
const refusedClient = { firstMs: 30_000, maxMs: 300_000 }

/** Open until {@link Gate.close}, which closes it for a limited time. */
export class Gate {
  #reason: TokenRequestError | undefined
  #failures = 0
  #opensAt = -Infinity
  #isAnnounced = false

  /** The last failure; `undefined` after a success. */
  get reason(): TokenRequestError | undefined {
    return this.#reason
  }

  isClosed(now: number): boolean {
    return now < this.#opensAt
  }

  remainingSeconds(now: number): number {
    return this.isClosed(now) ? Math.ceil((this.#opensAt - now) / 1000) : 0
  }

  close(reason: TokenRequestError, now: number, random: () => number): void {
    const { firstMs, maxMs } = reason.code === 'invalid_client' ? refusedClient : overload
    const ceilingMs = Math.min(maxMs, firstMs * 2 ** this.#failures)
    const minMs = Math.max(minDistanceMs, (reason.retryAfterSeconds ?? 0) * 1000)
    this.#reason = reason
    this.#failures += 1
    this.#isAnnounced = false
    this.#opensAt = now + minMs + random() * ceilingMs
  }

  /** True once for each time that it closes. */
  announce(): boolean {
    const isNews = !this.#isAnnounced
    this.#isAnnounced = true
    return isNews
  }

  open(): void {
    this.#reason = undefined
    this.#failures = 0
    this.#opensAt = -Infinity
  }
}
