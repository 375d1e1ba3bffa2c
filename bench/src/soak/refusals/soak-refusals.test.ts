// A short run of the soak of refusals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { soakRefusals } from './soak-refusals.ts'

test(
  'a refusal of every reason at three processes and two guards is found by its id, with the change that made it so',
  {
    skip: skipWithoutPostgres(),
  },
  async () => {
    const options = { isCompiled: false, guards: 2, waitsForExpiry: false, refusals: 90, perSecond: 30 }
    const { explained } = await soakRefusals(options, () => {})
    assert.deepEqual([explained.found, explained.explainedRight, explained.wrong, explained.wrongCodes], [90, 90, {}, {}])
  },
)

// Exit explicitly: connections of guards may be left.
process.on('exit', () => process.exit())
