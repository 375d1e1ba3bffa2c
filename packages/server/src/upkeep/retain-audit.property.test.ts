import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { array, assert as check, asyncProperty, constantFrom, integer, nat, record, tuple } from 'fast-check'
import { aRetainedLog, day, type EventOfClass } from '../../test/retained-log.fixture.ts'

test('fault 5.6: random logs are proven with their archives, and one altered byte is named', async () => {
  const event = constantFrom<EventOfClass | 'seal' | 'skip' | 'day' | 'restart' | 'remove'>(
    'token',
    'token',
    'token',
    'refusal',
    'change',
    'seal',
    'skip',
    'day',
    'restart',
    'remove',
  )
  const steps = array(tuple(event, nat(2)), { minLength: 20, maxLength: 60 })
  const bounds = record({ events: integer({ min: 1, max: 9 }), rows: integer({ min: 1, max: 9 }) })
  await check(
    asyncProperty(steps, bounds, nat(), nat(), async (script, limits, which, where) => {
      const log = await aRetainedLog({ keep: { tokens: 86_400, refusals: 2 * 86_400, changes: 30 * 86_400 }, limits })
      try {
        const nodes = [log.own, log.aNode(), log.aNode()]
        for (const node of nodes) await node.seal()
        for (const [step, at] of script) {
          if (step === 'seal') await nodes[at]!.seal()
          else if (step === 'skip') nodes[at]!.skip()
          else if (step === 'day') log.advance(day)
          else if (step === 'remove') await log.remove()
          else if (step === 'restart') {
            await nodes[at]!.seal()
            if (at > 0) await (nodes[at] = log.aNode()).seal()
          } else await nodes[at]!.write(step)
        }
        for (const node of nodes) await node.seal()
        log.advance(40 * day)
        await log.remove()
        await log.own.seal()
        assert.equal((await log.verify()).fault, undefined)
        assert.equal((await log.verify([])).fault, undefined)
        const files = log.files()
        if (files.length === 0) return
        const file = join(log.folder, files[which % files.length]!)
        const content = readFileSync(file)
        content[where % content.length]! ^= 1 + (which % 255)
        writeFileSync(file, content)
        const { fault, archives } = await log.verify()
        assert.deepEqual([fault?.kind, archives?.faults.map((one) => one.file)], ['archive', [files[which % files.length]]])
      } finally {
        await log.close()
      }
    }),
    { numRuns: 8 },
  )
})
