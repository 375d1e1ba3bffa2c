// Records a piece in one transaction with its event in the audit log, from which on its events count as removed.
import type { AuditMac } from '../audit/events/audit-mac.ts'
import { hasNumber } from '../audit/retention/number-ranges.ts'
import { parsePiece, toPieceRow, type Piece } from '../audit/retention/pieces.ts'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'

const retentionActor: Actor = {
  kind: 'system',
  via: 'system',
  realm: operatorsRealmName,
  clientId: 'retention',
  organizationId: 'retention',
  address: 'local',
}

interface RecordContext {
  readonly applyChange: ApplyChange
  readonly mac: AuditMac
}

/** @returns undefined if another node that lost its lock, or this one, has recorded some of these events meanwhile */
export async function recordPiece({ applyChange, mac }: RecordContext, piece: Piece): Promise<Piece | undefined> {
  const { id, class: name, firstId, lastId, events, archive } = piece
  const detail = { piece: id, class: name, firstId, lastId, events }
  const subject = { realm: operatorsRealmName }
  const kind = archive ? 'audit.archive' : 'audit.remove'
  const change = applyChange(retentionActor, kind, async ({ db, record }) => {
    if (await isRecorded(db, piece)) throw new AbandonedChange()
    await db.insertInto('audit_pieces').values(toPieceRow(piece, mac)).execute()
    if (archive) record({ kind: 'audit.archive', subject, changed: 'nothing', detail: { ...detail, ...archive } })
    else record({ kind: 'audit.remove', subject, changed: 'nothing', detail })
    return piece
  })
  return unlessAbandoned(change, () => undefined)
}

async function isRecorded(db: Kysely<Schema>, { class: name, firstId, lastId, removed }: Piece): Promise<boolean> {
  const near = await db
    .selectFrom('audit_pieces')
    .selectAll()
    .where('class', '=', name)
    .where('last_id', '>=', firstId)
    .where('first_id', '<=', lastId)
    .execute()
  return near.some((row) => {
    const other = parsePiece(row)
    return [...removed].some(([node, ranges]) => {
      const known = other?.removed.get(node) ?? []
      return ranges.some(([first]) => hasNumber(known, first)) || known.some(([first]) => hasNumber(ranges, first))
    })
  })
}
