// Removes names of persons from the log: replaces their texts, and records in the same transaction which rows it changed and what they are
// since. A row that is not as it was written is left alone: the record would make it look as if it were.
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Kysely, Transaction } from 'kysely'
import { findPiece, toPieceRow } from '../audit/retention/pieces.ts'
import type { RetentionStore } from '../audit/retention/retention-store.ts'
import { rewriteArchive } from '../audit/retention/rewrite-archive.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import { setup } from '../operators/operators.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { StoreError } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { createAuditMac, type AuditKeys, type AuditMac } from '../audit/events/audit-mac.ts'
import type { RemovedRow } from '../audit/events/kinds.ts'
import { createIntactCheck, describeAltered } from '../audit/removed-names/intact-rows.ts'
import { findKeptTexts } from '../audit/removed-names/find-name.ts'
import { createNamePattern, type NamePattern } from '../audit/removed-names/name-pattern.ts'
import { noteRemoval, readNameRemovals, removalKind, valuesSince, type NameRemovals } from '../audit/removed-names/recorded-removals.ts'
import { createRewrite, rewriteTexts, type RemovalChoice } from '../audit/removed-names/removable-texts.ts'

export interface NameRemoval extends RemovalChoice {
  /** The events to change. */
  readonly events: readonly string[]
  /** The events to change in archives. */
  readonly archives: readonly ArchivedNames[]
  /** Whether the name is removed from the acceptances of the Data Processing Agreement, too. */
  readonly acceptances: boolean
  /** The user and machine that does it. */
  readonly removedBy: string
  readonly reason: string | undefined
  /** Called with the number of events that are done. */
  readonly onProgress?: (events: number) => void
}

export interface ArchivedNames {
  readonly path: string
  /** The id of its record. */
  readonly piece: string
  readonly events: readonly string[]
}

export interface RemovedNames {
  readonly events: number
  readonly acceptances: number
  /** The new files of archives that were written again; the old ones are deleted. */
  readonly archives: readonly string[]
  /** Whether nothing of the name is left in the file: false while another program reads it; null on PostgreSQL, which does it itself. */
  readonly fileRewritten: boolean | null
}

interface RemovalContext {
  readonly store: Pick<Store, 'db' | 'isShared' | 'rewriteFile'>
  readonly applyChange: ApplyChange
  readonly keys: AuditKeys
  /** While no server archives events: a name could get into an archive that is not recorded yet. */
  readonly whileAlone: RetentionStore['whileAlone']
}

/** One transaction and one record each. */
const rowsAtOnce = 200

/** A setting as long as the file may contain what was replaced: a run that was killed is completed by the next. */
const unfinished = 'names.fileToRewrite'

/** @throws StoreError, ArchiveError if a row or an archive is not as it was written, or if the database does not permit it */
export async function removeNames(context: RemovalContext, removal: NameRemoval): Promise<RemovedNames> {
  let removed: RemovedNames | undefined
  await context.whileAlone(async () => {
    removed = await removeAlone(context, removal)
  })
  if (removed) return removed
  throw new StoreError('A server archives audit events now, and nothing was changed. Repeat the command in a few minutes.')
}

async function removeAlone(context: RemovalContext, removal: NameRemoval): Promise<RemovedNames> {
  const { store, applyChange, keys } = context
  const { events, removedBy, reason, onProgress } = removal
  const mac = createAuditMac(keys)
  const pattern = removal.name === undefined ? undefined : createNamePattern(removal.name)
  const removals = await readNameRemovals(store.db, mac)
  const done = { events: 0, acceptances: 0 }
  for (let first = 0; first === 0 || first < events.length; first += rowsAtOnce) {
    const ids = events.slice(first, first + rowsAtOnce)
    const changed = await applyChange(setup, removalKind, async ({ db, now, record, recordNothing }) => {
      const rows = await removeFromEvents(db, ids, { mac, removals, choice: removal })
      const acceptances = first === 0 && pattern ? await removeFromKept(db, pattern, removal.acceptances) : 0
      if (!store.isShared) await noteUnfinished(db)
      await noteRemoval(db, now)
      if (rows.length === 0 && acceptances === 0) recordNothing()
      else
        record({
          subject: { realm: operatorsRealmName },
          changed: 'nothing',
          detail: { rows, ...(acceptances > 0 && { acceptances }), removedBy, reason },
        })
      return { events: rows.length, acceptances }
    }).catch(explainRefusal)
    done.events += changed.events
    done.acceptances += changed.acceptances
    onProgress?.(Math.min(first + ids.length, events.length))
  }
  const archives: string[] = []
  for (const one of removal.archives) archives.push(await removeFromArchive(context, one, { removal, mac, removals }))
  done.events += removal.archives.reduce((sum, one) => sum + one.events.length, 0)
  return { ...done, archives, fileRewritten: store.isShared ? null : await rewriteFile(store) }
}

/** @returns the new file */
async function removeFromArchive(
  { store, applyChange }: RemovalContext,
  { path, piece: id, events }: ArchivedNames,
  { removal, mac, removals: names }: { readonly removal: NameRemoval; readonly mac: AuditMac; readonly removals: NameRemovals },
): Promise<string> {
  const piece = await findPiece(store.db, mac, id)
  if (!piece?.archive)
    throw new StoreError(`The record of the archive "${path}" is not as it was written. Run "countersign audit verify" first.`)
  const options = { rewrite: createRewrite(removal), ids: new Set(events), names, mac }
  const { archive, rows } = await rewriteArchive(path, { ...piece, archive: piece.archive }, options)
  const { removedBy, reason } = removal
  await applyChange(setup, removalKind, async ({ db, now, record }) => {
    await db
      .updateTable('audit_pieces')
      .set(toPieceRow({ ...piece, archive }, mac))
      .where('id', '=', id)
      .execute()
    await noteRemoval(db, now)
    for (let first = 0; first < rows.length; first += rowsAtOnce)
      record({
        subject: { realm: operatorsRealmName },
        changed: 'nothing',
        detail: { rows: rows.slice(first, first + rowsAtOnce), archive: { piece: id, ...archive }, removedBy, reason },
      })
  })
  if (basename(path) !== archive.file) await rm(path)
  return archive.file
}

interface EventContext {
  readonly mac: AuditMac
  readonly removals: NameRemovals
  readonly choice: RemovalChoice
}

async function removeFromEvents(db: Transaction<Schema>, ids: readonly string[], { mac, removals, choice }: EventContext) {
  if (ids.length === 0) return []
  const isIntact = createIntactCheck(db, removals)
  const removed: RemovedRow[] = []
  for (const row of await db.selectFrom('audit_events').selectAll().where('id', 'in', oneOf(db, ids)).orderBy('id').execute()) {
    const next = rewriteTexts(row, createRewrite(choice))
    if (!next) continue
    if (!(await isIntact(row))) throw new StoreError(describeAltered(row.id))
    await db.updateTable('audit_events').set(next.changed).where('id', '=', row.id).execute()
    const times = (removals.of(row.id)?.times ?? 0) + 1
    removed.push({ event: row.id, members: next.members, times, mac: mac.make(valuesSince({ ...row, ...next.changed }, times)) })
  }
  return removed
}

/** @returns the number of changed acceptances */
async function removeFromKept(db: Transaction<Schema>, pattern: NamePattern, withAcceptances: boolean): Promise<number> {
  for (const { key, text } of await findKeptTexts(db, 'idempotency_keys.answer', pattern))
    await db.updateTable('idempotency_keys').set({ answer: text }).where('actor', '=', key[0]!).where('key', '=', key[1]!).execute()
  for (const { key, text } of await findKeptTexts(db, 'invitations.invited_by', pattern))
    await db.updateTable('invitations').set({ invited_by: text }).where('id', '=', key[0]!).execute()
  for (const column of ['asked_by', 'note', 'answer'] as const)
    for (const { key, text } of await findKeptTexts(db, `access_requests.${column}`, pattern))
      await db
        .updateTable('access_requests')
        .set({ [column]: text })
        .where('id', '=', key[0]!)
        .execute()
  if (!withAcceptances) return 0
  const acceptances = await findKeptTexts(db, 'dpa_acceptances.accepted_by', pattern)
  for (const { key, text } of acceptances)
    await db.updateTable('dpa_acceptances').set({ accepted_by: text }).where('id', '=', key[0]!).execute()
  return acceptances.length
}

async function noteUnfinished(db: Transaction<Schema>): Promise<void> {
  const row = { name: unfinished, value: '1' }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

export async function isFileUnfinished(db: Kysely<Schema>): Promise<boolean> {
  return (await db.selectFrom('settings').select('name').where('name', '=', unfinished).executeTakeFirst()) !== undefined
}

async function rewriteFile({ db, rewriteFile: rewrite }: RemovalContext['store']): Promise<boolean> {
  if (!(await rewrite())) return false
  await db.deleteFrom('settings').where('name', '=', unfinished).execute()
  return true
}

/** PostgreSQL: insufficient privilege. The role of the servers should have no right to change events. */
function explainRefusal(error: unknown): never {
  if ((error as { readonly code?: unknown }).code !== '42501') throw error
  throw new StoreError(
    `The role of the store may not change events of the audit log: ${(error as Error).message}. Grant it for this command: "grant update (reason, on_behalf_of, detail) on audit_events to ROLE", and revoke it afterwards; or use a configuration whose "store" has a role that may.`,
    { cause: error },
  )
}
