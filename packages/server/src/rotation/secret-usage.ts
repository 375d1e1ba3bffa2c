// Records the last use of each secret and key and the latest expiry of the tokens issued by it: noted in memory on authentication, written in
// batches. The first use of a new secret is a step of its rotation, so it is recorded at once, as a change that every node and GET /v1/me
// see.
import { sql } from 'kysely'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import { lockClient } from '../clients/lock-client.ts'
import type { AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import { readSecretsOf } from '../cache/read-secrets.ts'
import type { SecretRecord } from '../cache/records.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import type { RequestOrigin } from '../http/request-origin.ts'
import { publicKeyKind } from '@countersign/protocol'
import type { Store } from '../store/store.ts'
import type { CredentialUses } from '../usage/credential-uses.ts'
import { createDigestRenewals, writeRenewals } from './renew-digests.ts'
import { readStanding } from './rotation-rules.ts'

export interface SecretUsage {
  /** Notes an authentication. Costs an entry in a map, unless a rotation is under way. */
  note(authenticated: AuthenticatedClient, now: number, origin: RequestOrigin, userAgent: string | undefined): void
  /** Adds the uses on this node that are not written yet to secrets read from the store. */
  addPending(secrets: readonly SecretRecord[]): SecretRecord[]
  /** The same for keys, whose first use is no step of anything. */
  addPendingToKeys<Key extends UsedCredential>(keys: readonly Key[]): Key[]
  /** Waits until the noted first uses of new secrets are recorded. */
  flushProofs(): Promise<void>
  /** Writes pending uses. */
  write(): Promise<void>
  close(): Promise<void>
}

type UsedCredential = Pick<SecretRecord, 'id' | 'firstUsedAt' | 'lastUsedAt' | 'tokensEndAt'>

interface UsageOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'forgetClient' | 'renewDigest'>
  readonly applyChange: ApplyChange
  readonly credentialUses: Pick<CredentialUses, 'note'>
  readonly onFailure: (error: Error) => void
}

/** Milliseconds since the epoch. A lifetime may be shortened, so the last token is not always the one that expires last. */
interface Use {
  readonly at: number
  readonly tokensEndAt: number
}

type Uses = Map<string, Use>

/** The write intervals: for uses in general, and for those of clients whose rotation is under way. Milliseconds. */
const usualIntervalMs = 10_000
const rotationIntervalMs = 1000
/** Rows per statement: other transactions wait for one statement at most. */
const usesPerStatement = 500

export function createSecretUsage({ store, realms, cache, applyChange, credentialUses, onFailure }: UsageOptions): SecretUsage {
  const usual: Uses = new Map()
  const duringRotation: Uses = new Map()
  const renewals = createDigestRenewals(cache)
  const proofs = new Map<string, Promise<void>>()
  let lastWrite: Promise<void> = Promise.resolve()
  const timers = [
    setInterval(() => void write(usual), usualIntervalMs).unref(),
    setInterval(() => {
      void write(duringRotation)
      void writeDigests()
    }, rotationIntervalMs).unref(),
  ]

  /** Also for requests without a new token: a client with the secret has tokens and will authenticate again. */
  function noteUse(uses: Uses, { client, credential }: AuthenticatedClient, now: number): Use {
    const lifetime = client.accessTokenLifetime ?? realms.get(client.realm)!.accessTokenLifetime
    const use = latest({ at: now, tokensEndAt: now + lifetime * 1000 }, uses.get(credential.id))
    uses.set(credential.id, use)
    return use
  }

  function noteDuringRotation(authenticated: AuthenticatedClient, now: number, origin: RequestOrigin): void {
    const { client, credential } = authenticated
    const secretId = credential.id
    const use = noteUse(duringRotation, authenticated, now)
    const standing = readStanding(client.secrets, now)
    if (standing.state !== 'issued' || standing.current.id !== secretId || proofs.has(secretId)) return
    const { realm, clientId, organization } = client
    const actor: Actor = { kind: 'client', via: 'api', ...origin, realm, clientId, organizationId: organization.id }
    const proof = prove(actor, secretId, use)
      .catch(onFailure) // The next use retries.
      .finally(() => proofs.delete(secretId))
    proofs.set(secretId, proof)
  }

  async function prove(actor: Actor, secretId: string, { at, tokensEndAt }: Use): Promise<void> {
    const change = applyChange(actor, 'rotation.prove', async (change) => {
      const client = await lockClient(change, realms.get(actor.realm)!, actor.clientId)
      const standing = readStanding(await readSecretsOf(change.db, client.id), change.now)
      if (standing.state !== 'issued' || standing.current.id !== secretId) throw new AbandonedChange()
      await change.db
        .updateTable('credentials')
        .set({ first_used_at: at, last_used_at: at, tokens_end_at: tokensEndAt })
        .where('id', '=', secretId)
        .execute()
      change.record({
        subject: { realm: actor.realm, organizationId: actor.organizationId, clientId: actor.clientId },
        changed: 'client',
        detail: { secretId },
      })
    })
    // Another node recorded it first, or the rotation is over: the cache entry is outdated.
    await unlessAbandoned(change, () => cache.forgetClient(actor.realm, actor.clientId))
  }

  /** Batches are written one after the other; failed uses are kept for the next write. */
  function write(uses: Uses): Promise<void> {
    return (lastWrite = lastWrite.then(async () => {
      try {
        const pending = [...uses]
        while (pending.length > 0) {
          const batch = pending.splice(0, usesPerStatement)
          await store.transact((db) => updateStatement(batch).execute(db))
          for (const [secretId, use] of batch) if (uses.get(secretId) === use) uses.delete(secretId)
          // An operator may wait to see it (decisions/102).
          if (uses === duringRotation) store.hintUses()
        }
      } catch (error) {
        onFailure(error as Error)
      }
    }))
  }

  function writeDigests(): Promise<void> {
    return (lastWrite = lastWrite.then(async () => {
      for (let batch = renewals.take(usesPerStatement); batch.length > 0; batch = renewals.take(usesPerStatement)) {
        const taken = batch
        try {
          await store.transact((db) => writeRenewals(db, taken))
          renewals.applied(taken)
        } catch (error) {
          renewals.putBack(taken)
          return onFailure(error as Error)
        }
      }
    }))
  }

  function withPending<Credential extends UsedCredential>(credential: Credential, isNewSecret: boolean): Credential {
    const written = { at: credential.lastUsedAt ?? 0, tokensEndAt: credential.tokensEndAt ?? 0 }
    const { at, tokensEndAt } = latest(latest(written, usual.get(credential.id)), duringRotation.get(credential.id))
    if (at <= written.at && tokensEndAt <= written.tokensEndAt) return credential
    return { ...credential, lastUsedAt: at, tokensEndAt, firstUsedAt: credential.firstUsedAt ?? (isNewSecret ? null : at) }
  }

  const writeAll = async (): Promise<void> => {
    await Promise.all(proofs.values())
    await write(duringRotation)
    await write(usual)
    await writeDigests()
  }

  return {
    note(authenticated, now, origin, userAgent) {
      renewals.note(authenticated)
      const { secrets, otherCredentials } = authenticated.client
      const isRotating = secrets.length > 1 && secrets.some(({ id }) => id === authenticated.credential.id)
      const isUrgent = isRotating || (otherCredentials !== undefined && otherCredentials.length > 1)
      credentialUses.note(authenticated, origin.address, userAgent, now, isUrgent)
      if (isRotating) noteDuringRotation(authenticated, now, origin)
      else noteUse(isUrgent ? duringRotation : usual, authenticated, now)
    },
    addPending: (secrets) =>
      // The first use of a new secret is a step of the rotation; prove() records it.
      secrets.map((secret, index) => withPending(secret, index === 0 && secrets.length > 1)),
    addPendingToKeys: (keys) => keys.map((key) => withPending(key, false)),
    flushProofs: async () => void (await Promise.all(proofs.values())),
    write: writeAll,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await writeAll()
    },
  }
}

function latest(one: Use, other: Use | undefined): Use {
  if (!other) return one
  return { at: Math.max(one.at, other.at), tokensEndAt: Math.max(one.tokensEndAt, other.tokensEndAt) }
}

/** Leaves the first use of a new secret to prove(), which records a change. */
function updateStatement(batch: readonly (readonly [string, Use])[]) {
  const values = batch.map(([id, { at, tokensEndAt }]) => sql`(cast(${id} as text), cast(${at} as bigint), cast(${tokensEndAt} as bigint))`)
  return sql`with used (id, at, tokens_end_at) as (values ${sql.join(values)})
    update credentials
    set last_used_at = case when credentials.last_used_at > used.at then credentials.last_used_at else used.at end,
      tokens_end_at = case when credentials.tokens_end_at > used.tokens_end_at
        then credentials.tokens_end_at else used.tokens_end_at end,
      first_used_at = coalesce(credentials.first_used_at, case when exists (
        select 1 from credentials as older
        where credentials.kind <> ${publicKeyKind} and older.client = credentials.client and older.kind = credentials.kind and older.created_at < credentials.created_at and older.expires_at > used.at
      ) then null else used.at end)
    from used
    where credentials.id = used.id and (credentials.last_used_at is null or credentials.last_used_at < used.at
      or credentials.tokens_end_at is null or credentials.tokens_end_at < used.tokens_end_at)`
}
