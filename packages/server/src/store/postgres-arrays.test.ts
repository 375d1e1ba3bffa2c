import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { encodeArray } from './postgres-arrays.ts'
import { postgresDialect } from './postgres.ts'

const skip = skipWithoutPostgres()

test('PostgreSQL reads the values of an encoded array', { skip }, async (t) => {
  const db = new Kysely<object>({ dialect: postgresDialect(await aPostgresDatabase(t)) })
  t.after(() => db.destroy())
  const texts = ['', 'a', null, '{"a,b\\"}', 'NULL', 'zwölf €', '😀', 'x'.repeat(100_000), '€'.repeat(50_000), '\uD800', 'a\0b']
  const bigints = [
    0,
    -1,
    1,
    null,
    2 ** 32 - 1,
    2 ** 32,
    -(2 ** 32) - 1,
    1_764_355_200_123,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]
  const integers = [0, -1, null, 2 ** 31 - 1, -(2 ** 31)]
  const { rows } = await sql`select ${encodeArray('text', texts)}::text[] as texts, ${encodeArray('bigint', bigints)}::bigint[] as bigints,
    ${encodeArray('integer', integers)}::integer[] as integers, ${encodeArray('text', [])}::text[] as none`.execute(db)
  const read = rows[0] as Record<string, unknown[]>
  // The pg client sends a lone surrogate and U+0000 in other parameters as U+FFFD too.
  assert.deepEqual(read['texts'], [...texts.slice(0, -2), '\uFFFD', 'a\uFFFDb'])
  assert.deepEqual(
    read['bigints']!.map((value) => value && Number(value)),
    bigints,
  )
  assert.deepEqual([read['integers'], read['none']], [integers, []])
})
