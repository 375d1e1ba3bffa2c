// When each secret was used last: noted in memory by whoever authenticated a client, written in batches. The first use of a new
// secret is a step of its rotation, so that one is recorded at once, as a change that every node and GET /v1/me see.
import { sql } from 'kysely'
import { lockClient } from '../clients/lock-client.ts'
import type { AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import { readSecretsOf, type SecretRecord } from '../cache/read-organizations.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import type { RequestOrigin } from '../http/request-origin.ts'
import type { Store } from '../store/store.ts'
import { readStanding } from './rotation-rules.ts'

export interface SecretUsage {
  /** A client was authenticated. Costs an entry in a map, unless a rotation is under way. */
  note(authenticated: AuthenticatedClient, now: number, origin: RequestOrigin): void
  /** Secrets as the store has them, with the uses on this node that are not written yet. */
  addPending(secrets: readonly SecretRecord[]): SecretRecord[]
  /** Waits until the first uses of new secrets that are noted are recorded. */
  settle(): Promise<void>
  /** Writes what is pending. */
  write(): Promise<void>
  close(): Promise<void>
}

interface UsageOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'forget'>
  readonly applyChange: ApplyChange
  readonly onFailure: (error: Error) => void
}

type Uses = Map<string, number>

/** How often uses are written, and those of clients whose rotation is under way. Milliseconds. */
const usualIntervalMs = 10_000
const rotationIntervalMs = 1000
/** Other transactions wait for one statement at most. */
const usesPerStatement = 500

export function createSecretUsage({ store, realms, cache, applyChange, onFailure }: UsageOptions): SecretUsage {
  const usual: Uses = new Map()
  const duringRotation: Uses = new Map()
  const proofs = new Map<string, Promise<void>>()
  let lastWrite: Promise<void> = Promise.resolve()
  const timers = [
    setInterval(() => void write(usual), usualIntervalMs).unref(),
    setInterval(() => void write(duringRotation), rotationIntervalMs).unref(),
  ]

  function noteDuringRotation({ client, secretId }: AuthenticatedClient, now: number, origin: RequestOrigin): void {
    duringRotation.set(secretId, now)
    const standing = readStanding(client.secrets, now)
    if (standing.state !== 'issued' || standing.current.id !== secretId || proofs.has(secretId)) return
    const { realm, clientId, organization } = client
    const actor: Actor = { kind: 'client', via: 'api', ...origin, realm, clientId, organizationId: organization.id }
    const proof = prove(actor, secretId, now)
      .catch(onFailure) // The next use tries again.
      .finally(() => proofs.delete(secretId))
    proofs.set(secretId, proof)
  }

  async function prove(actor: Actor, secretId: string, usedAt: number): Promise<void> {
    try {
      await applyChange(actor, 'rotation.prove', async (change) => {
        const client = await lockClient(change, realms.get(actor.realm)!, actor.clientId)
        const standing = readStanding(await readSecretsOf(change.db, client.id), change.now)
        if (standing.state !== 'issued' || standing.current.id !== secretId) throw new ProvenAlready()
        await change.db
          .updateTable('client_secrets')
          .set({ first_used_at: usedAt, last_used_at: usedAt })
          .where('id', '=', secretId)
          .execute()
        change.concerns({ realm: actor.realm, organizationId: actor.organizationId, clientId: actor.clientId }, { secretId })
      })
    } catch (error) {
      if (!(error instanceof ProvenAlready)) throw error
      cache.forget(actor.organizationId) // It holds what was before another node recorded it.
    }
  }

  /** One after the other; what cannot be written stays for the next time. */
  function write(uses: Uses): Promise<void> {
    return (lastWrite = lastWrite.then(async () => {
      try {
        const pending = [...uses]
        while (pending.length > 0) {
          const batch = pending.splice(0, usesPerStatement)
          await store.transact((db) => updateStatement(batch).execute(db))
          for (const [secretId, at] of batch) if (uses.get(secretId) === at) uses.delete(secretId)
        }
      } catch (error) {
        onFailure(error as Error)
      }
    }))
  }

  const writeAll = async (): Promise<void> => {
    await Promise.all(proofs.values())
    await write(duringRotation)
    await write(usual)
  }

  return {
    note(authenticated, now, origin) {
      if (authenticated.client.secrets.length > 1) noteDuringRotation(authenticated, now, origin)
      else usual.set(authenticated.secretId, now)
    },
    addPending: (secrets) =>
      secrets.map((secret, index) => {
        const pending = Math.max(usual.get(secret.id) ?? 0, duringRotation.get(secret.id) ?? 0)
        if (pending <= (secret.lastUsedAt ?? 0)) return secret
        const isNew = index === 0 && secrets.length > 1 // Its first use is a step, which prove() records.
        return { ...secret, lastUsedAt: pending, firstUsedAt: secret.firstUsedAt ?? (isNew ? null : pending) }
      }),
    settle: async () => void (await Promise.all(proofs.values())),
    write: writeAll,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await writeAll()
    },
  }
}

/** The use was recorded by another node, or the rotation is over. */
class ProvenAlready extends Error {
  override name = 'ProvenAlready'
}

/** Leaves the first use of a new secret to prove(), which has more to do. */
function updateStatement(batch: readonly (readonly [string, number])[]) {
  const values = batch.map(([id, at]) => sql`(cast(${id} as text), cast(${at} as bigint))`)
  return sql`with used (id, at) as (values ${sql.join(values)})
    update client_secrets
    set last_used_at = used.at,
      first_used_at = coalesce(client_secrets.first_used_at, case when exists (
        select 1 from client_secrets as older
        where older.client = client_secrets.client and older.created_at < client_secrets.created_at and older.expires_at > used.at
      ) then null else used.at end)
    from used
    where client_secrets.id = used.id and (client_secrets.last_used_at is null or client_secrets.last_used_at < used.at)`
}
