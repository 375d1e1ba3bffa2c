// The states of signing keys: staged, active, retiring, retired, and compromised from any of them. The database itself refuses every other
// change, so that neither a mistake of the server nor a statement by hand takes away a key that verifiers still need, or brings one back.
// Rows that a version before inserts have none of the new columns; until they get a state of their own they read as the defaults say.
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

/** No setting of a realm or of a client allows a token to live longer. Seconds. */
const longestLifetime = 86_400
/** The longest lease that can be configured, and a minute for clocks. Milliseconds. */
const longestLeaseMs = 3_660_000

export async function signingKeyStates(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  const add = (column: string, type: typeof text | 'bigint') => db.schema.alterTable('signing_keys').addColumn(column, type).execute()
  await add('thumbprint', text)
  await add('certificates', text)
  for (const instant of ['published_at', 'activated_at', 'retain_until', 'state_at']) await add(instant, 'bigint')
  await db.schema
    .alterTable('signing_keys')
    .addColumn('origin', text, (column) =>
      column
        .notNull()
        .defaultTo('made')
        .check(sql`origin in ('made', 'imported')`),
    )
    .execute()
  await db.schema
    .alterTable('signing_keys')
    .addColumn('longest_lifetime', 'integer', (column) => column.notNull().defaultTo(longestLifetime))
    .execute()
  await describeRows(db)
  // The thumbprint of a row that a version before inserts is its kid.
  await sql`create unique index signing_keys_thumbprint on signing_keys (coalesce(thumbprint, kid))`.execute(db)
  await sql`create unique index signing_keys_active on signing_keys (realm, algorithm) where state = 'active'`.execute(db)
  await (isPostgres(db) ? guardPostgres(db) : guardSqlite(db))
}

/** The ids of all keys made so far are their thumbprints. Of two active keys of one algorithm, the newer one signs. */
async function describeRows(db: Kysely<unknown>): Promise<void> {
  const retainUntil = Date.now() + longestLeaseMs + longestLifetime * 1000
  await sql`update signing_keys set thumbprint = kid, published_at = created_at, activated_at = created_at, state_at = created_at`.execute(
    db,
  )
  await sql`update signing_keys set state = 'retiring' where state = 'active' and exists (
    select 1 from signing_keys as newer where newer.realm = signing_keys.realm and newer.algorithm = signing_keys.algorithm
      and newer.state = 'active' and (newer.created_at > signing_keys.created_at
        or (newer.created_at = signing_keys.created_at and newer.kid > signing_keys.kid)))`.execute(db)
  await sql`update signing_keys set retain_until = ${retainUntil} where state = 'retiring'`.execute(db)
  await sql`update signing_keys set wrapped_private_key = '' where state in ('retired', 'compromised')`.execute(db)
}

/** Each refused change, with what the error says; the names of the rows are those of both databases. */
const refusals: readonly (readonly [condition: string, message: string])[] = [
  [
    'old.kid <> new.kid or old.realm <> new.realm or old.algorithm <> new.algorithm or (old.thumbprint is not null and (new.thumbprint is null or new.thumbprint <> old.thumbprint))',
    'a signing key keeps its id, realm, algorithm and thumbprint',
  ],
  [
    "old.state <> new.state and new.state <> 'compromised' and (old.state || ' ' || new.state) not in ('staged active', 'active retiring', 'retiring retired')",
    'the states of a signing key are staged, active, retiring, retired, and compromised from any of them',
  ],
  ["old.state = 'compromised' and new.state <> 'compromised'", 'a compromised signing key stays compromised'],
  ["new.state = 'retiring' and new.retain_until is null", 'a retiring signing key needs the instant until which it is retained'],
  [
    "old.state = 'retiring' and new.state = 'retiring' and new.retain_until < old.retain_until",
    'a retiring signing key is not retained for a shorter time',
  ],
  ['new.longest_lifetime < old.longest_lifetime', 'the longest lifetime of the tokens of a signing key is never lowered'],
  [
    "old.state = 'active' and new.state = 'retiring' and (new.state_at is null or new.retain_until < new.state_at + 1000 * cast(new.longest_lifetime as bigint))",
    'a retiring signing key is retained for as long as its last token lives',
  ],
  [
    "old.state = 'retiring' and new.state = 'retired' and (new.state_at is null or old.retain_until is null or new.state_at < old.retain_until)",
    'a retiring signing key is still needed by tokens that it signed',
  ],
  ["new.state in ('retired', 'compromised') and new.wrapped_private_key <> ''", 'a signing key that has ended has no private key any more'],
]
const noReplacement = 'the id and the material of a signing key are unique, and one is active for each realm and algorithm'
const noDelete = 'a signing key is never deleted, so that its id is never used again'

/**
 * A statement "or replace" deletes the rows that are in its way, and SQLite then fires no trigger for them: without these an ended key could
 * be inserted again with its private key, and a second active one would take the first away.
 */
const replacements: readonly (readonly [event: string, condition: string])[] = [
  ['insert', 'kid = new.kid or coalesce(thumbprint, kid) = coalesce(new.thumbprint, new.kid)'],
  ['insert', "new.state = 'active' and state = 'active' and realm = new.realm and algorithm = new.algorithm"],
  ['update', "new.state = 'active' and state = 'active' and realm = new.realm and algorithm = new.algorithm and kid <> old.kid"],
  ['update', 'coalesce(thumbprint, kid) = coalesce(new.thumbprint, new.kid) and kid <> old.kid'],
]

async function guardSqlite(db: Kysely<unknown>): Promise<void> {
  for (const [number, [event, condition]] of replacements.entries())
    await sql`create trigger ${sql.id(`signing_keys_unique_${number + 1}`)} before ${sql.raw(event)} on signing_keys
      when exists (select 1 from signing_keys where ${sql.raw(condition)})
      begin select raise(abort, ${sql.lit(noReplacement)}); end`.execute(db)
  for (const [number, [condition, message]] of refusals.entries())
    await sql`create trigger ${sql.id(`signing_keys_change_${number + 1}`)} before update on signing_keys
      when ${sql.raw(condition)} begin select raise(abort, ${sql.lit(message)}); end`.execute(db)
  await sql`create trigger signing_keys_delete before delete on signing_keys
    begin select raise(abort, ${sql.lit(noDelete)}); end`.execute(db)
}

async function guardPostgres(db: Kysely<unknown>): Promise<void> {
  const checks = refusals.map(
    ([condition, message]) => `if ${condition} then raise exception '${message}' using errcode = 'check_violation'; end if;`,
  )
  await sql`create function refuse_signing_key_change() returns trigger language plpgsql as ${sql.raw(`$$
    begin
      if tg_op in ('DELETE', 'TRUNCATE') then raise exception '${noDelete}' using errcode = 'check_violation'; end if;
      ${checks.join('\n      ')}
      return new;
    end $$`)}`.execute(db)
  await sql`create trigger signing_keys_change before update or delete on signing_keys
    for each row execute function refuse_signing_key_change()`.execute(db)
  await sql`create trigger signing_keys_truncate before truncate on signing_keys
    for each statement execute function refuse_signing_key_change()`.execute(db)
}
