// Plays the scenarios to each small backend, bad and good. Takes 90 s.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { badBackends, fileOf, goodBackends, linesOf, nodeCommandOf, playOne, runOptionsOf, testPace } from './backends.fixture.ts'
import { availableIds, certifyBackend, scenarioIds } from './certify-backend.ts'
import { createSandboxServers } from './sandbox-servers.ts'

const servers = createSandboxServers()
after(() => servers.close())

suite('bad backends', { concurrency: 6 }, () => {
  for (const [name, id] of Object.entries(badBackends))
    test(`"${id}" finds the backend that ${name}`, async () => {
      const { outcome, faults } = await playOne(id, nodeCommandOf('bad', name), servers)
      assert.equal(outcome, 'wrong')
      for (const { seen, expected } of faults) assert.notEqual(seen, expected)
    })
})

suite('good backends', { concurrency: 2 }, () => {
  for (const [name, used] of Object.entries(goodBackends))
    test(`nothing is wrong with ${name}`, async () => {
      const options = runOptionsOf(nodeCommandOf('good', name), testPace, used)
      const results = await certifyBackend({ ...options, only: [], parallel: 4, servers })
      // While other tests keep the machine busy, a scenario may run out of time: then it must be right when it is played alone.
      const only = results.filter(({ outcome }) => outcome !== 'right').map(({ id }) => id)
      const again = only.length === 0 ? [] : await certifyBackend({ ...options, only, parallel: 1, servers })
      assert.deepEqual(
        again.filter(({ outcome }) => outcome !== 'right'),
        [],
      )
      assert.deepEqual(
        results.map(({ id }) => id),
        availableIds(options),
      )
    })
})

test('every scenario finds a bad backend, and every bad backend is short and in the table', () => {
  assert.deepEqual(new Set(Object.values(badBackends)), new Set(scenarioIds))
  const files = readdirSync(fileOf('bad')).filter((file) => file !== 'backend.mjs' && file !== 'key-backend.mjs')
  assert.deepEqual(
    files.toSorted(),
    Object.keys(badBackends)
      .map((name) => `${name}.mjs`)
      .toSorted(),
  )
  assert.deepEqual(
    Object.keys(badBackends).filter((name) => linesOf('bad', name) >= 60),
    [],
  )
})
