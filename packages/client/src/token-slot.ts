// One cached token and its renewals: the refresh ahead of expiry, the single flight, and how a superseded flight is discarded.
// The request itself is made by TokenEndpoint.
import { wait } from './clock.ts'
import { Gate, minDistanceMs } from './gate.ts'
import type { Settings, TokenTarget } from './options.ts'
import { keptMs, lastSecondsMs, refreshDelayMs } from './refresh-schedule.ts'
import type { IssuedToken, TokenEndpoint } from './token-endpoint.ts'
import { TokenRequestError } from './token-request-error.ts'

interface HeldToken {
  readonly token: string
  /** Already resolved: a call with a cached token returns this promise and allocates nothing. */
  readonly promise: Promise<string>
  readonly grantedScope: string | undefined
  readonly receivedAt: number
  readonly refreshAt: number
  /** From here on callers wait for the renewal. */
  readonly lastSecondsAt: number
  readonly expiresAt: number
  /** Of the clock, when the token was requested. */
  readonly timesSetBack: number
  /** Until then an API that rejects it is not believed: it rejected the token before, too. */
  readonly keptUntil: number
}

/**
 * A token request has limits of time. One that takes longer than they allow does not end: a worker drops it with the request that began it,
 * if that is cut off.
 */
const lostMs = 60_000

/** Errors about the requested scope or resource; the endpoint may grant other ones to the same client. */
const refusalsOfTarget: ReadonlySet<string> = new Set(['invalid_scope', 'invalid_target'])

export class TokenSlot {
  readonly #settings: Settings
  readonly #endpoint: TokenEndpoint
  readonly #target: TokenTarget
  readonly #gate = new Gate()
  #held: HeldToken | undefined
  /** The pending token request, shared by all callers without a token. */
  #flight: Promise<string> | undefined
  #flightAt = -Infinity
  #startedAt = -Infinity
  /** Incremented when the pending flight is superseded: its result is then discarded. */
  #generation = 0
  /** Since the last scheduled renewal there was a cold start, a failure, an invalidated token or a new secret, which may have hit all instances at once. */
  #isDisturbed = true

  #wasRejected = false
  /** The token of the last event `rejected`: an API may reject each of thousands of calls. */
  #keptAnnounced: string | undefined

  constructor(settings: Settings, endpoint: TokenEndpoint, target: TokenTarget) {
    this.#settings = settings
    this.#endpoint = endpoint
    this.#target = target
  }

  get held(): HeldToken | undefined {
    return this.#held
  }

  /** The token request that is under way. */
  get flight(): Promise<string> | undefined {
    return this.#settings.clock.now() - this.#flightAt < lostMs ? this.#flight : undefined
  }

  /** The gate that prevents a request now. */
  closedGate(now: number): Gate | undefined {
    return [this.#gate, this.#endpoint.gate].find((gate) => gate.isClosed(now))
  }

  get lastFailure(): TokenRequestError | undefined {
    return this.#gate.reason ?? this.#endpoint.gate.reason
  }

  /**
   * The token until it expires; the first call after its refresh time starts a renewal, for which callers wait only if the token may expire
   * before it arrives.
   */
  get(): Promise<string> {
    const held = this.#held
    const now = this.#settings.clock.now()
    if (held === undefined || now >= held.expiresAt) return this.flight ?? this.#startFlight(now)
    if (this.#isFresh(held, now)) return held.promise
    // A failed renewal closes the gate, and the current token is used until it expires.
    if (this.flight === undefined && this.closedGate(now) === undefined) this.#startFlight(now).catch(() => {})
    const mayEnd = now >= held.lastSecondsAt || this.#isSetBackSince(held)
    const { flight } = this
    return mayEnd && flight !== undefined && this.lastFailure === undefined ? this.#renewed(flight, held) : held.promise
  }

  #isFresh(held: HeldToken, now: number): boolean {
    return now < held.refreshAt && !this.#isSetBackSince(held)
  }

  /** Then the age of the token is unknown. */
  #isSetBackSince({ timesSetBack }: HeldToken): boolean {
    return timesSetBack !== this.#settings.clock.timesSetBack()
  }

  /** The new token, or the current one if the renewal failed in time. */
  async #renewed(flight: Promise<string>, { token, expiresAt }: HeldToken): Promise<string> {
    try {
      return await flight
    } catch (error) {
      if (this.#held?.token === token && this.#settings.clock.now() < expiresAt) return token
      throw error
    }
  }

  /** `due`: still valid, and renewed by the next call. */
  stage(now: number): 'none' | 'fresh' | 'due' | 'expired' {
    const held = this.#held
    if (held === undefined) return 'none'
    if (now >= held.expiresAt) return 'expired'
    return this.#isFresh(held, now) ? 'fresh' : 'due'
  }

  /**
   * Drops `token` if it is the cached one. A young token that replaced a rejected one is kept: an API that rejects one new token after the
   * other, because its clock is wrong for example, would otherwise cause a token request for each call.
   */
  invalidate(token: string): void {
    const held = this.#held
    if (held?.token !== token) return
    const now = this.#settings.clock.now()
    const kept = now <= held.keptUntil
    if (!kept || this.#keptAnnounced !== token)
      this.#settings.notify({ type: 'rejected', ...this.#names(), ageSeconds: (now - held.receivedAt) / 1000, kept })
    this.#keptAnnounced = token
    if (kept) return
    this.#held = undefined
    this.#wasRejected = true
    this.#overtakeFlight()
  }

  /** Keeps the token, but renews it with the next call, because the secret was replaced. */
  renewSoon(): void {
    if (this.#held !== undefined) this.#held = { ...this.#held, refreshAt: -Infinity }
    this.#overtakeFlight()
  }

  #overtakeFlight(): void {
    this.#generation += 1
    this.#flight = undefined
    this.#isDisturbed = true
  }

  #startFlight(now: number): Promise<string> {
    const gate = this.closedGate(now)
    const mayBeReplaced = gate === this.#endpoint.gate && this.#endpoint.mayHaveOther(now)
    if (gate !== undefined && !mayBeReplaced) return Promise.reject(this.#gated(gate, now))
    if (this.#flight !== undefined) this.#overtakeFlight()
    const flight = gate === undefined ? this.#renew(now) : this.#renewIfReplaced(gate, now)
    const land = () => {
      if (this.#flight === flight) this.#flight = undefined
    }
    this.#flight = flight
    this.#flightAt = now
    flight.then(land, land)
    return flight
  }

  /** During the pause after refused credentials: by others, if there are any now. */
  async #renewIfReplaced(gate: Gate, now: number): Promise<string> {
    const generation = this.#generation
    if (!(await this.#endpoint.findOther(now))) throw this.#gated(gate, this.#settings.clock.now())
    return generation === this.#generation ? this.#renew(this.#settings.clock.now()) : this.get()
  }

  async #renew(now: number): Promise<string> {
    const generation = this.#generation
    await wait(this.#settings.clock, this.#startedAt + minDistanceMs - now)
    if (generation !== this.#generation) return this.get()
    const startedAt = this.#settings.clock.now()
    this.#startedAt = startedAt
    try {
      const timesSetBack = this.#settings.clock.timesSetBack()
      let issued = await this.#endpoint.requestToken(this.#target)
      // Received after a suspension, or slowly. A second one like that is returned: it may be younger than its request.
      if (this.#settings.clock.now() >= expiryOf(issued)) issued = await this.#endpoint.requestToken(this.#target)
      if (generation !== this.#generation) return this.get()
      this.#notifyIssued(issued, startedAt)
      this.#hold(issued, timesSetBack)
      return issued.accessToken
    } catch (error) {
      if (generation !== this.#generation) return this.get()
      this.#fail(error, startedAt)
      throw error
    }
  }

  #hold(issued: IssuedToken, timesSetBack: number): void {
    const { accessToken: token, expiresInSeconds, scope: grantedScope, requestedAt } = issued
    const receivedAt = this.#settings.clock.now()
    const isPunctual = !this.#isDisturbed && this.#held !== undefined && receivedAt < this.#held.expiresAt
    const lifetimeMs = expiresInSeconds * 1000
    this.#held = {
      token,
      promise: Promise.resolve(token),
      grantedScope,
      receivedAt,
      refreshAt: requestedAt + refreshDelayMs(lifetimeMs, isPunctual ? 'steady' : 'spread', this.#settings.random),
      lastSecondsAt: expiryOf(issued) - lastSecondsMs(lifetimeMs),
      expiresAt: expiryOf(issued),
      timesSetBack,
      keptUntil: this.#wasRejected ? receivedAt + keptMs(lifetimeMs) : -Infinity,
    }
    this.#wasRejected = false
    this.#isDisturbed = false
    // A closed gate was closed by another request while this one was pending, so its failure is newer.
    for (const gate of [this.#gate, this.#endpoint.gate]) if (!gate.isClosed(receivedAt)) gate.open()
  }

  #fail(error: unknown, startedAt: number): void {
    this.#isDisturbed = true
    if (!(error instanceof TokenRequestError)) return
    const { code, status, requestId, retryAfterSeconds } = error
    const now = this.#settings.clock.now()
    const outcome = { durationMs: now - startedAt, hasToken: this.#held !== undefined && now < this.#held.expiresAt }
    this.#settings.notify({ type: 'failed', ...this.#names(), code, status, requestId, retryAfterSeconds, ...outcome })
    const gate = refusalsOfTarget.has(error.code) ? this.#gate : this.#endpoint.gate
    gate.close(error, now, this.#settings.random)
  }

  #notifyIssued({ expiresInSeconds, requestId }: IssuedToken, startedAt: number): void {
    const now = this.#settings.clock.now()
    const type = this.#held !== undefined && now < this.#held.expiresAt ? 'renewed' : 'requested'
    this.#settings.notify({ type, ...this.#names(), durationMs: now - startedAt, expiresInSeconds, requestId })
  }

  #gated(gate: Gate, now: number): TokenRequestError {
    const error = toGatedError(gate, now)
    const { code = error.code } = gate.reason ?? {}
    const retryAfterSeconds = gate.remainingSeconds(now)
    if (gate.announce()) this.#settings.notify({ type: 'gated', ...this.#names(), code, retryAfterSeconds })
    return error
  }

  #names(): TokenTarget {
    return { scope: this.#target.scope, resource: this.#target.resource }
  }
}

/** By the earliest moment at which it can have been issued. */
function expiryOf({ requestedAt, expiresInSeconds }: IssuedToken): number {
  return requestedAt + expiresInSeconds * 1000
}

function toGatedError(gate: Gate, now: number): TokenRequestError {
  const retryAfterSeconds = gate.remainingSeconds(now)
  const summary = `The next token request is allowed in ${retryAfterSeconds} s, because the last one failed: ${gate.reason?.message}`
  return new TokenRequestError({ code: 'gated', summary, retryAfterSeconds, cause: gate.reason })
}
