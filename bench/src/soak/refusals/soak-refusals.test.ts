// A short run of the soak of refusals. Takes 55 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { soakRefusals } from './soak-refusals.ts'

test(
  '1,000 refusals of every reason at three processes and two guards are explained to the page of the console, each with its cause',
  {
    skip: skipWithoutPostgres(),
  },
  async () => {
    const options = {
      isCompiled: false,
      guards: 2,
      waitsForExpiry: false,
      asPage: true,
      refusals: 1000,
      perSecond: 50,
    }
    const { explained } = await soakRefusals(options, () => {})
    assert.deepEqual([explained.found, explained.explainedRight, explained.wrong, explained.wrongCodes], [1000, 1000, {}, {}])
    assert.ok(explained.millisecondsUntilFound.longest < 12_000, `${explained.millisecondsUntilFound.longest} ms`)
  },
)

// Exit explicitly: connections of guards may be left.
process.on('exit', () => process.exit())
