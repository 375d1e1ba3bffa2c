// Entitlements over HTTP. A client is read when its first token comes, then remembered; what changed in the realm is pulled once per
// interval, whatever the number of clients, or pushed by the feed, and only what it is about is read again.
import type { AsOf, ChangesDocument, EntitlementChange, EntitlementDocument } from '@countersign/protocol'
import type { Audience } from './audience.ts'
import type { HistoryMark } from './change-history.ts'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement, Wanted } from './entitlement-index.ts'
import { createEntitlementApi } from './fetch-entitlement.ts'
import type { Fetch } from './fetch-json.ts'
import { createFreshValue, lostMs } from './fresh-value.ts'
import type { EntitlementSource } from './guard-options.ts'
import { createLookupQueue } from './lookup-queue.ts'
import { createRecentMap } from './recent-map.ts'
import { findOtherAudience, RemoteGuardError, toRemoteGuardError } from './remote-guard-error.ts'
import { createRememberedRights, isAnswered } from './remembered-rights.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'

export interface RemoteEntitlementsOptions {
  readonly issuer: string
  /** That the guard requires of tokens; of a client's scopes those of other APIs do not count. */
  readonly audience: Audience | undefined
  /** Adds the guard's own token. */
  readonly fetch: Fetch
  /** Between two pulls of changes. */
  readonly freshSeconds: number
  /** What the server knew this long ago decides nothing; at least `freshSeconds`. */
  readonly maxAgeSeconds: number
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  /** In [0, 1), for the pauses after failures. */
  readonly random: () => number
  readonly onError: (error: Error) => void
  /** Called for each document with changes, pulled or pushed; null: everything may have changed. */
  readonly onChanges?: (changes: readonly EntitlementChange[] | null) => void
  /** Called after each pull that succeeded. */
  readonly onPull?: () => void
}

interface Answer {
  readonly clientId: string
  /** `undefined`: the realm does not know the client. */
  readonly entitlement: Entitlement | undefined
}

interface Lookup {
  readonly clientId: string
  readonly startedAt: number
  readonly answer: Promise<Answer>
}

/** A server is up to a second behind its store, which no setting may turn into "too old". */
const minAnswerAgeSeconds = 2
/** An answer 404 has no place in the history, so it is not believed for long. */
const maxUnknownSeconds = 5
const maxNotes = 10_000
/** How often an answer may be older than what the guard knows. */
const maxOvertaken = 3
const lookupLimits = { maxRunning: 64, maxRunningOfGroup: 8, maxWaitingOfGroup: 256, maxWaitSeconds: 5 }

export interface RemoteEntitlementSource extends EntitlementSource {
  /**
   * Resolves when the server has told what changed, so the guard may read entitlements; rejects with a RemoteGuardError, also if the
   * tokens of the realm are for another audience.
   */
  ready(): Promise<void>
  /** Resolves when no pull is under way; never rejects. */
  settled(): Promise<void>
  /** Whether the server has said that tokens of the realm can have an audience of the guard. */
  readonly isAudienceKnown: boolean
  /** Why the last pull of changes failed, or that it named another audience; `undefined` otherwise. */
  readonly failure: Error | undefined
  /** Ends the pauses after failures, because the guard has other credentials. */
  retryNow(): void
  /** Where the guard is in the history of the realm. */
  readonly mark: HistoryMark
  /** Of the last change that the guard knows; `undefined` before the first pull. */
  readonly revision: number | undefined
  /** How long ago the server last knew that nothing had changed since, in seconds; `undefined` before the first pull. */
  readonly ageSeconds: number | undefined
  /** How long decisions are made if no news come, in seconds. */
  readonly usableSeconds: number
  /** The feed has ended: until the next push the guard asks from `at` on, when a decision needs it. Milliseconds of the clock. */
  missFeedFrom(at: number): void
  /** Takes changes from the feed; see `RemoteFeedOptions.push`. */
  push(changes: ChangesDocument, since: HistoryMark, sentAt: number): HistoryMark | undefined
}

export function createRemoteEntitlements(options: RemoteEntitlementsOptions): RemoteEntitlementSource {
  const { issuer, audience, fetch, freshSeconds, maxAgeSeconds, clock, random, onError, onChanges, onPull } = options
  const api = createEntitlementApi({ issuer, fetch, maxAgeSeconds: Math.max(maxAgeSeconds, minAnswerAgeSeconds) })
  const remembered = createRememberedRights(audience)
  const queue = createLookupQueue({ ...lookupLimits, clock })
  /** Until when a client counts as unknown. */
  const unknownClients = createRecentMap<number>(maxNotes)
  const pausesOfClients = createRecentMap<RetryPause>(maxNotes)
  /** After the last failed lookups of any client; only counts while the server itself fails. */
  let pauseOfAll: RetryPause | undefined
  /** After an answer 429 to a lookup: the server limits this guard, whatever client it asks about. */
  let limit: RetryPause | undefined
  let lookups = new Map<string, Lookup>()

  /** How often something was forgotten; what a lookup from before finds missing may exist by now. */
  let timesForgotten = 0
  let wrongAudience: RemoteGuardError | undefined
  let isAudienceKnown = false

  const changes = createFreshValue<AsOf>({
    load: pullChanges,
    freshSeconds,
    staleIfErrorSeconds: maxAgeSeconds - freshSeconds,
    ageSecondsOf: ({ ageSeconds }) => ageSeconds,
    clock,
    random,
    onError,
  })

  async function pullChanges(): Promise<AsOf> {
    for (let attempt = 0; attempt < maxOvertaken; attempt++) {
      const since = remembered.history.mark
      const pulled = await api.fetchChanges(since.cursor).catch((error: unknown) => {
        throw toRemoteGuardError(error, issuer)
      })
      if (changes.failure) endPauses() // The server is back: a lookup need not wait until its own pause ends.
      if (!follow(pulled, since)) continue
      noteAudience(pulled.audiences)
      onPull?.()
      return pulled.asOf
    }
    throw new RemoteGuardError('server', 'it told again and again that everything may have changed', { issuer })
  }

  /** False if the guard has forgotten everything since it asked: the answer belongs to what it knew before. */
  function follow(document: ChangesDocument, since: HistoryMark): boolean {
    const isFirst = remembered.history.place === undefined
    const followed = remembered.follow(document, since)
    if (followed === undefined) return false
    if (followed?.length === 0) return true
    if (!isFirst) timesForgotten++
    unknownClients.clear()
    lookups = new Map() // A decision from now on must not join a lookup from before the changes.
    onChanges?.(followed)
    return true
  }

  /** No failure of the pull: tokens from before a change of the realm's audience are still decided on. */
  function noteAudience(audiences: readonly string[] | null | undefined): void {
    const found = findOtherAudience(issuer, audience, audiences)
    if (found && found.message !== wrongAudience?.message) onError(found)
    wrongAudience = found
    isAudienceKnown = audiences !== undefined && !found
  }

  /** One lookup for concurrent callers. That of another client only helps if something is remembered of it, so its failure does not count. */
  async function share(key: string, token: VerifiedToken, ask: Wanted): Promise<Answer | undefined> {
    const pending = lookups.get(key)
    if (pending && clock() - pending.startedAt < lostMs)
      return pending.clientId === token.clientId ? pending.answer : pending.answer.catch(() => undefined)
    const ownLookups = lookups
    const answer = lookUp(token, ask).finally(() => {
      if (ownLookups.get(key) === started) ownLookups.delete(key)
    })
    const started: Lookup = { clientId: token.clientId, startedAt: clock(), answer }
    ownLookups.set(key, started)
    return answer
  }

  async function lookUp({ clientId, organizationId }: VerifiedToken, ask: Wanted): Promise<Answer> {
    // The claim is signed: a caller cannot choose another group.
    const group = organizationId ?? remembered.organizationOf(clientId) ?? clientId
    const startedAt = clock()
    const since = remembered.history.mark
    const before = timesForgotten
    const fetching = queue.run(group, () => fetchOnce(clientId, ask))
    // Without a place in the history a document cannot be remembered, and a 404 may come from a server without this API.
    const [document] = await Promise.all([fetching, changes.get()])
    if (document) return { clientId, entitlement: remembered.learn(document, ask, since) }
    if (timesForgotten === before) unknownClients.set(clientId, startedAt + Math.min(freshSeconds, maxUnknownSeconds) * 1000)
    return { clientId, entitlement: undefined }
  }

  async function fetchOnce(clientId: string, ask: Wanted): Promise<EntitlementDocument | undefined> {
    const startedAt = clock()
    refuseDuring(limit, startedAt)
    refuseDuring(pausesOfClients.get(clientId), startedAt)
    if (changes.failure) refuseDuring(pauseOfAll, startedAt) // The server itself fails, and not only for this client.
    try {
      const document = await fetchCurrent(clientId, ask)
      pausesOfClients.delete(clientId)
      pauseOfAll = undefined
      if (limit && startedAt >= limit.until) limit = undefined
      return document
    } catch (thrown) {
      const error = toRemoteGuardError(thrown, issuer)
      const failed = { error, startedAt, now: clock() }
      pausesOfClients.set(clientId, nextPause(pausesOfClients.get(clientId), failed, random))
      pauseOfAll = nextPause(pauseOfAll, failed, random)
      if (error.status === 429) limit = nextPause(limit, failed, random)
      onError(error)
      throw error
    }
  }

  /** Of several nodes one may know less than the one that told of a change: what was taken away must not count there. */
  async function fetchCurrent(clientId: string, ask: Wanted): Promise<EntitlementDocument | undefined> {
    const { mark, place } = remembered.history
    for (let attempt = 0; attempt < maxOvertaken; attempt++) {
      const document = await api.fetchEntitlement(clientId, ask, mark.cursor)
      if (!document || !remembered.history.isOlder(document.asOf, place, mark)) return document
    }
    throw new RemoteGuardError('server', 'it answers with less than it told before', { issuer })
  }

  function refuseDuring(pause: RetryPause | undefined, now: number): void {
    if (pause && now < pause.until) throw pause.error
  }

  /** Not that of the limit: neither an answer to another request nor other credentials lift it. */
  function endPauses(): void {
    pausesOfClients.clear()
    pauseOfAll = undefined
  }

  async function findMissing(token: VerifiedToken, wanted: Wanted = {}): Promise<Entitlement | undefined> {
    const { clientId } = token
    if ((unknownClients.get(clientId) ?? -Infinity) > clock()) return undefined
    // What other callers asked for may not help: then once more, and at last without sharing it with another client.
    for (const mayShare of [true, true, false]) {
      const { key, ask } = mayShare ? remembered.missing(clientId, wanted) : { key: ownKey(clientId, wanted), ask: wanted }
      const answer = await share(key, token, ask)
      if (answer?.clientId === clientId && (!answer.entitlement || isAnswered(answer.entitlement.organization, wanted)))
        return answer.entitlement
      const entitlement = remembered.find(clientId, wanted)
      if (entitlement) return entitlement
    }
    throw new Error('The authorization server did not tell what was asked for')
  }

  async function findAfterPull(pull: Promise<unknown>, token: VerifiedToken, wanted: Wanted | undefined): Promise<Entitlement | undefined> {
    // A new client is read at the same time, so that its first decision takes one round trip.
    const isNew = !remembered.find(token.clientId, wanted)
    const [found] = await Promise.all([isNew ? findMissing(token, wanted) : undefined, pull])
    return isNew ? found : (remembered.find(token.clientId, wanted) ?? findMissing(token, wanted))
  }

  return {
    async ready() {
      await changes.get()
      if (wrongAudience) throw wrongAudience
    },
    settled: changes.settled,
    get isAudienceKnown() {
      return isAudienceKnown
    },
    get failure() {
      return changes.failure ?? wrongAudience
    },
    retryNow() {
      endPauses()
      changes.retryNow()
    },
    get mark() {
      return remembered.history.mark
    },
    get revision() {
      return remembered.history.place?.revision
    },
    get ageSeconds() {
      return changes.ageSeconds
    },
    get usableSeconds() {
      return changes.usableSeconds
    },
    missFeedFrom: changes.doubtFrom,
    push(document, since, sentAt) {
      if (changes.failure) endPauses()
      if (!follow(document, since)) return undefined
      if (document.audiences !== undefined) noteAudience(document.audiences)
      // What it names is forgotten in any case, but a server that is cut off from its store proves nothing.
      if (document.asOf.ageSeconds < maxAgeSeconds) changes.accept(document.asOf, sentAt)
      return { ...remembered.history.mark, cursor: document.cursor }
    },
    find(token, wanted) {
      const pull = changes.get()
      if (pull instanceof Promise) return findAfterPull(pull, token, wanted)
      return remembered.find(token.clientId, wanted) ?? findMissing(token, wanted)
    },
  }
}

function ownKey(clientId: string, { partnerId, requestorId }: Wanted): string {
  return `own ${partnerId} ${requestorId} ${clientId}`
}
