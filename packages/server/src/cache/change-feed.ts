// What guards are told of changes in a realm, and how recent an answer is. From memory alone, unless a guard has seen a change that this
// node has not: then the node reads the change log first.
import { hash } from 'node:crypto'
import type { AsOf, ChangesDocument, EntitlementChange } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import { unknownToGuards, type HistoryPlace, type LoggedChange } from '../store/change-log.ts'
import type { Cache } from './cache.ts'
import type { ChangeRing } from './change-ring.ts'

/** The last change that a guard knows, and the state that it knows it in. */
export interface FeedPlace extends HistoryPlace {
  readonly state: string
}

export interface ChangeFeed {
  asOf(realm: Realm): AsOf
  /** What a cursor says; undefined if it is not one, or longer than any that this server writes. */
  readCursor(cursor: string): FeedPlace | undefined
  /** Reads the change log if a guard that is at this place knows more than this node. @throws any error of the store */
  catchUp(realm: Realm, place: FeedPlace | undefined): Promise<void>
  /** What changed after a place, from memory alone, and the place that this leads to. */
  changesAfter(realm: Realm, place: FeedPlace | undefined): { readonly document: ChangesDocument; readonly place: FeedPlace }
  /**
   * @param after the cursor of an earlier document; undefined at the first contact of a guard
   * @throws ProblemError `invalid-request`; any error of the store if the guard knows more than this node, which cannot read it
   */
  changesSince(realm: Realm, after: string | undefined): Promise<ChangesDocument>
}

export interface FeedOptions {
  readonly ring: Pick<ChangeRing, 'place' | 'since' | 'isBehind'>
  readonly cache: Pick<Cache, 'requiredDpaVersion'>
  /** Identifies the database and its last promotion; null if that is not known. */
  readonly database: () => string | null
  /** Of a store that other nodes change. */
  readonly shared?: { readonly ageSeconds: () => number; readonly pull: () => Promise<void> }
}

/** A guard that missed more changes of its realm forgets everything: the list would be larger than what it saves. */
export const maxChangesSent = 1000
/** In UTF-16 code units. Guards read events of 256 K, and documents of 1 MB in UTF-8: one that is longer would fail again and again. */
const maxChangesLength = 192 * 1024

export function createChangeFeed({ ring, cache, database, shared }: FeedOptions): ChangeFeed {
  const states = new WeakMap<Realm, { readonly of: string; readonly state: string }>()

  /** Everything that documents depend on, besides changes: of nodes of one realm it is the same only if their answers are. */
  function stateOf(realm: Realm): string {
    const of = JSON.stringify([database(), cache.requiredDpaVersion(realm.name)])
    let known = states.get(realm)
    if (known?.of !== of) {
      const { issuer, tokenProfile, tokensNotBefore, rateLimitTiers } = realm
      const apis = [...realm.apis].map(([audience, scopes]) => [audience, [...scopes]])
      const all = JSON.stringify([layout, of, issuer, tokenProfile, tokensNotBefore, rateLimitTiers, apis])
      known = { of, state: hash('sha256', all, 'base64url').slice(0, 22) }
      states.set(realm, known)
    }
    return known.state
  }

  function asOf(realm: Realm): AsOf {
    return { revision: ring.place().number, state: stateOf(realm), ageSeconds: shared?.ageSeconds() ?? 0 }
  }

  async function catchUp(realm: Realm, known: FeedPlace | undefined): Promise<void> {
    if (known && known.state === stateOf(realm) && known.number > ring.place().number) await shared?.pull()
    else if (ring.isBehind()) await shared?.pull().catch(() => {}) // A change of this node; its log is read again in a moment.
  }

  function changesAfter(realm: Realm, known: FeedPlace | undefined) {
    const now = asOf(realm)
    const missed = known?.state === now.state ? ring.since(known) : undefined
    const changes = missed && withoutRepeats(missed.filter((change) => change.realm === realm.name && !unknownToGuards.has(change.what)))
    const place = { ...ring.place(), state: now.state }
    const document = { asOf: now, cursor: writeCursor(place), changes: changes && isShort(changes) ? changes : null }
    return { document, place }
  }

  return {
    asOf,
    readCursor,
    catchUp,
    changesAfter,
    async changesSince(realm, after) {
      const known = after === undefined ? undefined : readCursor(after)
      if (after !== undefined && !known) throw new ProblemError('invalid-request', refusedCursor)
      await catchUp(realm, known)
      return changesAfter(realm, known).document
    },
  }
}

/** Names of clients may be long. */
function isShort(changes: readonly EntitlementChange[]): boolean {
  return changes.length <= maxChangesSent && JSON.stringify(changes).length <= maxChangesLength
}

/** Of the documents; servers of versions with another one differ in their states. */
const layout = 1

function withoutRepeats(changes: readonly LoggedChange[]): EntitlementChange[] {
  const different = new Map<string, EntitlementChange>()
  for (const { what, organizationId, clientId, subject } of changes) {
    const keyId = what === 'keys' && subject !== null ? { keyId: subject } : undefined
    different.set(JSON.stringify([what, organizationId, clientId, keyId]), { what, organizationId, clientId, ...keyId })
  }
  return [...different.values()]
}

function writeCursor({ number, identity, state }: FeedPlace): string {
  return Buffer.from(JSON.stringify([number, identity, state])).toString('base64url')
}

const maxCursorLength = 512

function readCursor(cursor: string): FeedPlace | undefined {
  if (cursor.length > maxCursorLength) return undefined
  const [number, identity, state] = parseParts(cursor)
  const isPlace = Number.isSafeInteger(number) && (identity === null || typeof identity === 'string')
  return isPlace && typeof state === 'string' ? { number: number as number, identity, state } : undefined
}

function parseParts(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

const detail = 'expected the value of "cursor" of an earlier response'
const refusedCursor = { detail: `/query/after: ${detail}`, errors: [{ pointer: '/query/after', detail }] }
