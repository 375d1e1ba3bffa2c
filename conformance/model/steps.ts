// What a run records: steps as they are seen from outside, which the invariants of the protocol are checked against (invariants.ts). A
// recording is a file of JSON lines; the first is the step "run". The model gives the same steps with its own small times.
import { appendFileSync, writeFileSync } from 'node:fs'

/**
 * What a token or a request rests on, and what can be ended: `secret:<id>`, `client:<id>` (its standing), `organization:<id>` (likewise),
 * `key:<kid>`, `token:<jti>`, `right:<any name>` (a scope, a partner or a capability, for the routes that demand it), `cut:<name>` (all
 * tokens of a client or an organization that were issued before). Names are unique in one recording.
 */
export type Subject = `${'secret' | 'client' | 'organization' | 'key' | 'token' | 'right' | 'cut'}:${string}`

/** A node is `node:<name>`, a guard `guard:<name>`, a connection of a guard to the feed `feed:<name>`, each by its own name. */
export type Place = `${'node' | 'guard' | 'feed'}:${string}`

/**
 * When it happened: at or after the one and at or before the other, in milliseconds of one clock (`Date.now()` of one machine). For a
 * request, before it was sent and after its response was read. Lines need not be in order.
 */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** What the invariants allow, in milliseconds. Null: not promised in this run, and not checked. */
export interface Bounds {
  /** How long after its end was acknowledged a node may still accept something. */
  readonly node: AcceptanceBounds
  /** The same for guards. */
  readonly guard: AcceptanceBounds
  /** How long a key is published before it signs. */
  readonly publishBefore: number | null
  /** The same for a key that replaces a compromised one. */
  readonly publishBeforeInEmergency: number | null
}

export interface AcceptanceBounds {
  /** While it is not cut off. */
  readonly connected: number | null
  /** In any case, and after it was cut off: the lease and the skew. */
  readonly cutOff: number
}

/** The first line. */
export interface RunStep {
  readonly step: 'run'
  readonly name: string
  readonly bounds: Bounds
}

/** A node gave out a token, which is good until `expiresAt` unless something that it rests on ends. */
export interface IssuedStep extends Interval {
  readonly step: 'issued'
  readonly by: Place
  readonly token: string
  /** Its `kid`. */
  readonly key: string
  /** The secret or key that the client presented, the client, its organization, their cuts; not the token and the key themselves. */
  readonly rests: readonly Subject[]
  /** Its `exp`, in milliseconds. */
  readonly expiresAt: number
}

/** A node denied credentials with 401. */
export interface DeniedStep extends Interval {
  readonly step: 'denied'
  readonly by: Place
  /** As in "issued". */
  readonly rests: readonly Subject[]
}

/** A guard, or a node as a guard, decided on a token that an "issued" step names. */
export interface DecidedStep extends Interval {
  readonly step: 'decided'
  readonly by: Place
  readonly token: string
  /** Refused: 401 or 403. Unavailable: 503, or no response, which promises nothing. */
  readonly outcome: 'accepted' | 'refused' | 'unavailable'
  /** What the route demanded besides the token, its key, its client and their cuts: a right, or that the organization is active. */
  readonly rests?: readonly Subject[]
  /** The problem, for the reader. */
  readonly why?: string
}

/** Something was ended: from before the request was sent to after it was acknowledged. */
export interface EndedStep extends Interval {
  readonly step: 'ended'
  readonly subject: Subject
  /** `replaced`: the end of a rotation's old secret, or of a cancelled rotation's new one; anything else takes a right away. */
  readonly why: 'revoked' | 'replaced'
  /** The client of a secret. */
  readonly client?: string
}

/** Something exists from now on, or again: a secret, a right that was given, a client that was enabled. */
export interface BegunStep extends Interval {
  readonly step: 'begun'
  readonly subject: Subject
  /** The client of a secret. */
  readonly client?: string
}

/** A key changed its state. Compromised ones are also "ended", with the subject `key:<kid>`. */
export interface KeyStep extends Interval {
  readonly step: 'key'
  readonly key: string
  readonly state: 'staged' | 'active' | 'retiring' | 'retired' | 'compromised'
  /** The first key of its realm and algorithm, or one that verifiers knew before its import: it may sign at once. */
  readonly isKnown?: boolean
  /** Active because the key before it was compromised. */
  readonly isEmergency?: boolean
}

/** The key set that a node answered with; not recorded for a response other than 200. */
export interface PublishedStep extends Interval {
  readonly step: 'published'
  readonly by: Place
  /** The `kid` of each. All keys of a recording are of one realm, or each realm has a recording of its own. */
  readonly keys: readonly string[]
}

/** A node, a guard or a feed named the last change that it knows (the revision of `asOf`). */
export interface SeenStep extends Interval {
  readonly step: 'seen'
  readonly by: Place
  readonly revision: number
  /** The `state` of `asOf`: another one is another history, and revisions of two histories are not compared. */
  readonly history?: string
}

/**
 * A node lost the store, or a guard all nodes, until "joined". A node whose store is away is cut off as well; so is a guard whose node was
 * stopped or is cut off, until it has connected to another one.
 */
export interface CutStep extends Interval {
  readonly step: 'cut'
  readonly who: Place
}

/** The end of a cut. */
export interface JoinedStep extends Interval {
  readonly step: 'joined'
  readonly who: Place
}

/** A process was started (and answers), stopped or killed; a node that is not running publishes nothing. */
export interface ProcessStep extends Interval {
  readonly step: 'started' | 'stopped'
  readonly who: Place
}

export type Step =
  | IssuedStep
  | DeniedStep
  | DecidedStep
  | EndedStep
  | BegunStep
  | KeyStep
  | PublishedStep
  | SeenStep
  | CutStep
  | JoinedStep
  | ProcessStep

export interface Recording {
  /** Appends a step. The last ones are written by `close()`. */
  add(step: Step): void
  close(): void
}

const linesAtOnce = 500

/** Begins a recording in a new file, or in place of an older one; several processes write a file each, with the same first line. */
export function recordSteps(file: string, run: Omit<RunStep, 'step'>): Recording {
  let lines: string[] = []
  writeFileSync(file, `${JSON.stringify({ step: 'run', ...run })}\n`)
  function write(): void {
    if (lines.length > 0) appendFileSync(file, `${lines.join('\n')}\n`)
    lines = []
  }
  return {
    add(step) {
      if (lines.push(JSON.stringify(step)) >= linesAtOnce) write()
    },
    close: write,
  }
}
