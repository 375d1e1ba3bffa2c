// What the adapters over web fetch share beyond the request: a guard that may be made by the first request, and work that goes on beside
// the responses in runtimes that stop between requests.
import type { Denial } from '../access.ts'
import type { SettleOptions } from '../decision-reporter.ts'
import type { Guard } from '../guard.ts'
import { createDecider, type AdapterOptions, type Decider } from './decide.ts'
import { createWarning } from './node-request.ts'

/** `NoInfer`, which compilers before TypeScript 5.4 do not know. */
export type NotInferred<Args extends readonly unknown[]> = Args extends unknown ? Args : never

/** `Asked` is the request as the framework has it, `Args` what the runtime passes beside it, such as `[env, ctx]` in a Cloudflare worker. */
export interface LiveGuardOptions<Asked, Args extends readonly unknown[]> extends Omit<AdapterOptions<Asked>, 'guard'> {
  /**
   * Or a function that makes it, called with what the runtime passes beside the first request, for the secrets of a worker that come with
   * it. The guard is kept for all later ones.
   */
  readonly guard: Guard | ((...args: Args) => Guard)
  /**
   * The address of the caller, for reports and listeners; it decides nothing. By default there is none: headers such as `x-forwarded-for`
   * and `cf-connecting-ip` are what a caller writes, unless something before this API replaces them.
   */
  readonly address?: (request: Asked, ...args: Args) => string | undefined
  /** The id of the request in the log of this API. Not one that the caller sent. */
  readonly requestId?: (request: Asked, ...args: NotInferred<Args>) => string | undefined
  /**
   * Keeps the runtime from stopping before `work` has ended, which never rejects. Default: `waitUntil` of the execution context, where the
   * runtime passes one beside the request.
   */
  readonly waitUntil?: (work: Promise<void>, request: Asked, ...args: NotInferred<Args>) => void
}

/** Beside those of every adapter. */
export const liveOptions = ['address', 'requestId', 'waitUntil'] as const

export interface LiveGuard<Asked, Args extends readonly unknown[]> {
  /** Makes the guard if there is none yet. */
  use(args: Args): Live<Asked>
  /**
   * Keeps the runtime from stopping before the guard has answered, and what it does beside its answers has ended.
   * @param answer of the guard, or a promise of it
   */
  keep(answer: unknown, request: Asked, args: Args): void
}

interface Live<Asked> {
  readonly guard: Guard
  readonly decider: Decider<Asked>
}

const undecided = 'The guard could not decide on a request'

/** The longest that a report waits before it is sent: a denial a second, a count five. */
const keepSeconds = 5

interface Circumstances<Asked, Args extends readonly unknown[]> {
  /** Called once with the guard, such as to check the requirements of the routes. */
  readonly prepare?: (guard: Guard) => void
  /** Default: the second of what is passed beside the request, as in a Cloudflare worker. */
  readonly contextOf?: (request: Asked, args: Args) => unknown
}

/** @throws TypeError for options that would only fail at the first request */
export function createLiveGuard<Asked, Args extends readonly unknown[]>(
  options: LiveGuardOptions<Asked, Args>,
  { prepare = () => {}, contextOf = (_request, args) => args[1] }: Circumstances<Asked, Args> = {},
): LiveGuard<Asked, Args> {
  const { guard: given, onUndecided, onDecision, waitUntil } = options
  for (const name of ['onUndecided', 'onDecision', ...liveOptions] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function') throw new TypeError(`"${name}" is not a function`)
  let live = typeof given === 'function' ? undefined : build(given)

  function build(guard: Guard): Live<Asked> {
    const listeners = { ...(onUndecided && { onUndecided }), ...(onDecision && { onDecision }) }
    const decider = createDecider<Asked>(
      { guard, ...listeners },
      { undecided: createWarning(undecided, logError), reportOnly: warnOfDenial },
    )
    prepare(guard)
    return { guard, decider }
  }

  /** `undefined` in a runtime that does not stop between requests. */
  function keeperOf(request: Asked, args: Args): ((work: Promise<void>) => void) | undefined {
    if (waitUntil) return (work) => waitUntil(work, request, ...args)
    const context = contextOf(request, args) as { readonly waitUntil?: unknown } | null | undefined
    const { waitUntil: ofContext } = context ?? {}
    return typeof ofContext === 'function' ? (work) => void ofContext.call(context, work) : undefined
  }

  return {
    use: (args) => (live ??= build((given as (...args: Args) => Guard)(...args))),
    keep(answer, request, args) {
      const settle = live && settleOf(live.guard)
      const keepAlive = settle && keeperOf(request, args)
      // The decision is part of the work: its caller may hang up while it asks the server, and other requests wait for the same answer.
      if (settle && keepAlive) keepAlive(afterwards(answer, () => settle({ waitSeconds: keepSeconds })))
    },
  }
}

/** Of a remote guard. One with sources of its own asks and reports nothing beside the requests. */
export function settleOf(guard: Guard): ((how: SettleOptions) => Promise<void>) | undefined {
  const { settle } = guard as Partial<{ readonly settle: (how: SettleOptions) => Promise<void> }>
  return settle
}

async function afterwards(answer: unknown, settle: () => Promise<void>): Promise<void> {
  try {
    await answer
  } finally {
    await settle()
  }
}

function logError(text: string): void {
  // oxlint-disable-next-line no-console -- Where these runtimes have their log.
  console.error(text)
}

function warnOfDenial({ code, requestId }: Denial): void {
  // oxlint-disable-next-line no-console -- As above.
  console.warn(`The guard denies this request, and lets it pass because of reportOnly: ${code} (${requestId})`)
}
