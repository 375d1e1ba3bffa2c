import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inTurns } from './in-turns.ts'
import { openStore } from './store.ts'

const { db, close } = await openStore('sqlite::memory:')
after(close)

for (const [words, reads, expected] of [
  ['reads in turns let others go first after each statement', inTurns(db), ['another', 'read', 'another', 'read', 'read']],
  ['the reads of a token request go on at once', db, ['read', 'read', 'read', 'another', 'another']],
] as const)
  test(words, async () => {
    const seen: string[] = []
    const another = () => {
      seen.push('another')
      if (seen.filter((each) => each === 'another').length < 2) setImmediate(another)
    }
    setImmediate(another)
    for (let number = 0; number < 3; number++) {
      await reads.selectFrom('organizations').selectAll().execute()
      seen.push('read')
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(seen, expected)
  })
