import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSpoolDrain } from './drain-spool.ts'
import { StoreWriteError } from './move-spool.ts'
import { watchDrain } from './watch-drain.ts'

test('fault 6.2: attempts to empty the spool that fail alike are one line in the log, with the reason of the database', async () => {
  const lines: unknown[] = []
  const attempts: (() => void)[] = []
  const cause = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' })
  const spool = {
    isInUse: true,
    drain: () => new Promise<void>((_, reject) => void attempts.push(() => reject(new StoreWriteError(cause.message, { cause })))),
  }
  const drain = createSpoolDrain({ spool, watch: watchDrain(), log: { warn: (about: unknown) => lines.push(about) } })
  for (let i = 1; i <= 3; i++) {
    drain()
    drain()
    assert.equal(attempts.length, i, 'one at a time')
    attempts.at(-1)!()
    await new Promise(setImmediate)
  }
  assert.deepEqual(lines, [{ reason: cause.message }])
})
