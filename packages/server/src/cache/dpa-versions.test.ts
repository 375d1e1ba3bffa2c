import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { DpaVersions } from './dpa-versions.ts'

test('fault 9.13: of two reads of the versions, the one that began later counts, whichever is answered first', async () => {
  const answers: ((rows: unknown[]) => void)[] = []
  const execute = () => new Promise<unknown[]>((resolve) => answers.push(resolve))
  const db = { selectFrom: () => ({ select: () => ({ execute }) }) } as unknown as Kysely<Schema>
  const versions = new DpaVersions(db, new Map())
  const [before, after] = [versions.load(), versions.load()]
  answers[1]!([{ realm: 'prod', version: '2026-01', required_from: 1 }])
  await after
  answers[0]!([])
  await before
  assert.equal(versions.required('prod', 1000), '2026-01')
})
