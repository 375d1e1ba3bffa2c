// Finds a name in a store: in the events of the audit log, whose texts can be replaced, and in the data that is in force, which has
// commands of its own.
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { NamePattern } from './name-pattern.ts'
import { rewriteTexts, type NewTexts, type RewriteText } from './removable-texts.ts'

export interface FoundEvent extends Pick<NewTexts, 'members' | 'texts'> {
  readonly id: string
  readonly at: number
  readonly kind: string
  readonly realm: string | null
  /** The file of the archive that it is in; absent if it is in the store. */
  readonly archive?: string
}

export interface FindOptions {
  readonly rewrite: RewriteText
  /** Without it the events of these ids, whatever they contain. */
  readonly pattern: NamePattern | undefined
  readonly ids?: readonly string[] | undefined
  /** Called periodically with the number of events read so far. */
  readonly onProgress?: ((events: number) => void) | undefined
}

const rowsAtOnce = 5000

/** The rows that {@link FindOptions.rewrite} would change, with what is not changed yet. */
export async function* findEvents(
  db: Kysely<Schema>,
  { rewrite, pattern, ids, onProgress }: FindOptions,
): AsyncGenerator<{ readonly row: StoredEvent; readonly found: FoundEvent }> {
  let read = 0
  for await (const row of ids === undefined ? eventsWithTexts(db) : eventsOf(db, ids)) {
    if (++read % rowsAtOnce === 0) onProgress?.(read)
    const found = findInEvent(row, { rewrite, pattern })
    if (found) yield { row, found }
  }
}

export function findInEvent(row: StoredEvent, { rewrite, pattern }: Pick<FindOptions, 'rewrite' | 'pattern'>): FoundEvent | undefined {
  if (pattern && !mayContain(row, pattern)) return undefined
  const next = rewriteTexts(row, rewrite)
  const { id, at, kind, realm } = row
  return next && { id, at, kind, realm, members: next.members, texts: next.texts }
}

/** Cheaper than parsing the detail of every event. */
function mayContain({ detail, reason, on_behalf_of: onBehalfOf }: StoredEvent, { part }: NamePattern): boolean {
  return `${detail} ${reason ?? ''} ${onBehalfOf ?? ''}`.toLowerCase().includes(part)
}

/** Without issued tokens, which are most of a log and have no such text. */
async function* eventsWithTexts(db: Kysely<Schema>): AsyncGenerator<StoredEvent> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('audit_events')
      .selectAll()
      .where('id', '>', after)
      .where('kind', '<>', 'token.request')
      .orderBy('id')
      .limit(rowsAtOnce)
      .execute()
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

async function* eventsOf(db: Kysely<Schema>, ids: readonly string[]): AsyncGenerator<StoredEvent> {
  for (const id of ids) yield* await db.selectFrom('audit_events').selectAll().where('id', '=', id).execute()
}

/** A row of the data in force that has the name, and the command that changes it. */
export interface OtherPlace {
  readonly what: string
  readonly command: string
}

/** Where a name of a person can be, besides the audit log and the acceptances of the Data Processing Agreement. */
const places: readonly { readonly table: keyof Schema; readonly column: string; readonly key: readonly string[]; describe: Describe }[] = [
  {
    table: 'clients',
    column: 'name',
    key: ['realm', 'client_id'],
    describe: ([realm, id]) => [`the name of the client "${id}"`, `client update ${id} --realm ${realm} --name NAME`],
  },
  {
    table: 'organizations',
    column: 'name',
    key: ['realm', 'slug'],
    describe: ([realm, slug]) => [`the name of the organization "${slug}"`, `organization update ${slug} --realm ${realm} --name NAME`],
  },
  {
    table: 'partners',
    column: 'name',
    key: ['realm', 'id'],
    describe: ([realm, id]) => [`the name of the partner "${id}"`, `partner register ${id} --realm ${realm} --name NAME`],
  },
  {
    table: 'claim_sets',
    column: 'description',
    key: ['realm', 'name'],
    describe: ([realm, name]) => [
      `the description of the claim set "${name}"`,
      `claim-set update ${name} --realm ${realm} --description TEXT`,
    ],
  },
  ...(['name', 'address'] as const).map((column) => ({
    table: 'people' as const,
    column,
    key: ['realm', 'organization_id', 'id'],
    describe: (([realm, organization, id]) => [
      `the ${column} of the person "${id}"`,
      `person remove ${id} --realm ${realm} --organization ${organization}`,
    ]) satisfies Describe,
  })),
]

type Describe = (key: readonly string[]) => readonly [what: string, command: string]

export async function findOtherPlaces(db: Kysely<Schema>, pattern: NamePattern): Promise<OtherPlace[]> {
  const found: OtherPlace[] = []
  for (const { table, column, key, describe } of places) {
    for (const { text, ...row } of await rowsWithPart(db, table, column, key, pattern)) {
      if (pattern.removeFrom(text) === text) continue
      const [what, command] = describe(key.map((name) => String(row[name])))
      found.push({ what, command: `countersign ${command}` })
    }
  }
  return found
}

const keptTexts = {
  'dpa_acceptances.accepted_by': ['id'],
  'idempotency_keys.answer': ['actor', 'key'],
  'invitations.invited_by': ['id'],
  'access_requests.asked_by': ['id'],
  'access_requests.note': ['id'],
  'access_requests.answer': ['id'],
} as const

/** A table and its column. */
type KeptPlace = keyof typeof keptTexts

export interface KeptText {
  readonly key: readonly string[]
  readonly text: string
}

/** Acceptances of the agreement, invitations, access requests, and responses that are kept for retries; all can be changed with the log. */
export async function findKeptTexts(db: Kysely<Schema>, place: KeptPlace, pattern: NamePattern): Promise<KeptText[]> {
  const key = keptTexts[place]
  const [table = '', column = ''] = place.split('.')
  const rows = await rowsWithPart(db, table, column, key, pattern)
  return rows
    .map(({ text, ...row }) => ({ key: key.map((name) => String(row[name])), text: pattern.removeFrom(text), before: text }))
    .filter(({ text, before }) => text !== before)
    .map(({ key: of, text }) => ({ key: of, text }))
}

type TextRow = Readonly<Record<string, unknown>> & { readonly text: string }

async function rowsWithPart(
  db: Kysely<Schema>,
  table: string,
  column: string,
  key: readonly string[],
  { part }: NamePattern,
): Promise<readonly TextRow[]> {
  const keys: RawBuilder<unknown> = sql.join(key.map((name) => sql.ref(name)))
  const { rows } = await sql<TextRow>`select ${keys}, ${sql.ref(column)} as text from ${sql.table(table)}
    where lower(${sql.ref(column)}) like ${`%${part}%`} order by ${keys}`.execute(db)
  return rows
}
