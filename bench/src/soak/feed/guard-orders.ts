// What the soak of the feed asks of the processes that hold its guards, and their answers.
import type { GuardCredentials } from '@countersign/guard'

/** A token, and the partner that the guarded route is about. */
export interface Holder {
  readonly token: string
  readonly partner: string
}

export type Outcome = 'accepted' | 'refused' | 'unavailable'
export type Counts = Readonly<Record<string, number>>

export interface OpenGuards {
  /** Their numbers, in all processes. */
  readonly numbers: readonly number[]
  readonly issuer: string
  readonly realm: string
  readonly credentials: GuardCredentials
  readonly entitlementSeconds: number
  readonly staleIfErrorSeconds: number
  /** Where the steps of this process are recorded. */
  readonly recording: string
}

/** A revocation that is about to be requested. */
export interface Watch {
  readonly id: number
  /** The last revision before it. */
  readonly after: number
  /** The guards that decide all the time until they are told to stop, each about its token. */
  readonly deciders: readonly (readonly [guard: number, holder: Holder])[]
}

export interface SettleWatch {
  readonly id: number
  /** That of the revocation. */
  readonly revision: number
}

export interface DecidedInWatch {
  readonly guard: number
  /** When its first refusal was answered. */
  readonly refusedAt: number | null
  /** Decisions that were begun after the guard knew the revocation. */
  readonly acceptedAfterKnown: number
  readonly acceptedAfterRefused: number
  readonly unavailable: number
}

export interface Settled {
  /** When each guard of the process knew the revocation, in milliseconds of the machine's monotonic clock; null if it does not. */
  readonly knownAt: readonly (number | null)[]
  readonly decided: readonly DecidedInWatch[]
}

export interface TokenRequests {
  readonly sent: number
  /** By status, or "no response". */
  readonly failed: Counts
}

/** Each an order with its input and its answer. */
export interface GuardOrders {
  open(input: OpenGuards): Promise<void>
  /** How many hold a connection to the feed. */
  connected(): Promise<number>
  /** Lets guards decide once, each about its token. */
  decide(input: readonly (readonly [guard: number, holder: Holder])[]): Promise<Record<Outcome, number>>
  /** Every guard decides about all of these. */
  decideAll(input: readonly Holder[]): Promise<Record<Outcome, number>>
  watch(input: Watch): Promise<void>
  settle(input: SettleWatch): Promise<Settled>
  /** Ends a watch whose revocation was not done. */
  abandon(id: number): Promise<void>
  tokenRequests(): Promise<TokenRequests>
  /** Errors that the guards reported, by their beginning. */
  errors(): Promise<Counts>
  close(): Promise<void>
}

export interface Order {
  readonly id: number
  readonly name: keyof GuardOrders
  readonly input: unknown
}

export type OrderAnswer = { readonly id: number } & ({ readonly output: unknown } | { readonly error: string })

/** Milliseconds of a clock that all processes of the machine share. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
