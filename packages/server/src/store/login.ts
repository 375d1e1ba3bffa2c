// The login that all connections of a store share. When the database refuses it, the URL is read again where it came from, so that a new
// password needs no restart. Until there is a new one, attempts are rare: a database may lock an account after some failures.
import { describeSource, readPasswordFileState } from './login-source.ts'
import { resolveLocation, sameDatabase } from './location.ts'

/** Where a login is reported: the log of the server. */
export interface LoginLog {
  error(details: { readonly reason: string }, message: string): void
  info(message: string): void
}

type Done = (error?: Error | null) => void

export interface Login {
  /** The URL for the next connection. */
  url(): string
  /** Opens a connection with `open`, or fails at once while the database must not be asked again. */
  connect(open: (done: Done) => void, done: Done): void
  /** Whether the last login was refused and there is no other one yet. */
  isRefused(): boolean
  logTo(log: LoginLog): void
}

interface LoginOptions {
  /** Location of the store as configured. */
  readonly location: string
  /** Reads the location again in the configuration file; absent if it is not from one. */
  readonly readLocation?: (() => string) | undefined
  /** Milliseconds that only go forward. */
  readonly now?: () => number
}

const firstPauseMs = 1000
const maxPauseMs = 30_000
/** A request that finds the login refused reads its source again, but not more often than this. */
const readingPauseMs = 250

/** @throws StoreError if the location cannot be resolved */
export function createLogin({ location, readLocation, now = () => performance.now() }: LoginOptions): Login {
  let url = resolveLocation(location)
  let passwordFile = readPasswordFileState(url)
  let refusals = 0
  /** Attempts that began before a refusal or a renewal do not count afterwards. */
  let round = 0
  let nextAttemptAt = 0
  let nextReadingAt = 0
  let log: LoginLog | undefined
  let lastFailure: string | undefined

  function renew(): void {
    nextReadingAt = now() + readingPauseMs
    const state = readPasswordFileState(url)
    const found = readSource()
    if (found === url && state === passwordFile) return
    url = found
    passwordFile = state
    refusals = 0
    round++
    lastFailure = undefined
    log?.info('the login of the store was read again where it came from, because the database refused the previous one')
  }

  /** The same URL if its source has no other, cannot be read, or names another database. */
  function readSource(): string {
    try {
      const current = readLocation?.() ?? location
      // This variable was deleted at the start, and the environment of a process does not change.
      if (current === location && location.startsWith('env:')) return url
      const found = resolveLocation(current)
      if (sameDatabase(found, url)) return found
      complain('it names another database or other parameters, which are used after a restart only')
    } catch (error) {
      complain((error as Error).message)
    }
    return url
  }

  function complain(reason: string): void {
    if (reason !== lastFailure) log?.error({ reason }, 'the login of the store could not be read again')
    lastFailure = reason
  }

  function refused(error: Error): void {
    round++
    refusals++
    nextAttemptAt = now() + Math.min(maxPauseMs, firstPauseMs * 2 ** (refusals - 1))
    if (refusals === 1) {
      const advice = describeSource({ location, url, isInFile: readLocation !== undefined })
      log?.error({ reason: error.message }, `the database refuses the login of the store. ${advice}`)
    }
    renew()
  }

  function accepted(): void {
    if (refusals > 0) log?.info('the database accepts the login of the store again')
    refusals = 0
    lastFailure = undefined
  }

  return {
    url() {
      if (refusals > 0 && now() >= nextReadingAt) renew()
      return url
    },
    isRefused: () => refusals > 0,
    logTo: (to) => void (log = to),
    connect(open, done) {
      if (refusals > 0 && now() < nextAttemptAt) return process.nextTick(done, refusal('the database refused the login; waiting'))
      // Only this one until it has ended.
      if (refusals > 0) nextAttemptAt = now() + maxPauseMs
      const begun = round
      open((error) => {
        const isRefusal = error !== undefined && error !== null && isLoginRefused(error)
        if (begun === round) {
          if (isRefusal) refused(error)
          else if (error) nextAttemptAt = 0
          else accepted()
        }
        done(isRefusal ? refusal(error.message, error) : error)
      })
    },
  }
}

/** With a code of PostgreSQL, also for what the driver or a pooler refuses, so that the store counts as unavailable. */
function refusal(message: string, cause?: Error): Error {
  if ((cause as { code?: string } | undefined)?.code?.startsWith('28')) return cause!
  return Object.assign(new Error(message, { cause }), { code: '28P01' })
}

/** Also by a pooler, which has no better code, and by the driver, for want of a password. */
export function isLoginRefused(error: Error): boolean {
  const { code, message } = error as Error & { code?: string }
  if (code === '28P01' || code === '28000') return true
  if (code === '08P01') return /authenticat|password|login/i.test(message)
  return /^SASL: .*password must be/.test(message)
}
