import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyBackend, scenarios } from './certify-backend.ts'
import { createSandboxServers, nodeCommandOf, runOptionsOf } from './backends.fixture.ts'
import { createFaultFilter } from './known-faults.ts'
import type { Result } from './run-scenarios.ts'
import type { Fault } from './scenario.ts'

const fault = (id: string, remedy?: string): Fault => ({
  seen: `${id} failed`,
  expected: 'success',
  ...(remedy !== undefined && { remedy }),
})

const wrong = (id: string, ...faults: Fault[]): Result => ({
  id,
  title: id,
  outcome: 'wrong',
  faults,
  notes: [],
  remedy: `Mend ${id}.`,
  seconds: 1,
})

test('a fault with the remedy of an earlier one is told once, and other faults of that scenario are still told', () => {
  const filter = createFaultFilter()
  const first = wrong('first', fault('first', 'Renew.'), fault('first again', 'Renew.'))
  assert.deepEqual(filter(first), first)
  const { outcome, faults, notes } = filter(wrong('second', fault('second', 'Renew.')))
  assert.deepEqual(
    { outcome, faults, notes },
    { outcome: 'not tested', faults: [], notes: ['The fault that "first" found shows here, too.'] },
  )
  assert.deepEqual(filter(wrong('third', fault('third', 'Renew.'), fault('other'))).faults, [fault('other')])
  const right: Result = { ...wrong('fourth'), outcome: 'right', notes: ['Renew earlier.'] }
  assert.equal(filter(right), right)
})

test('a backend that requests a token for each call, never repeats a call after a 401, or sends what is no token, gets one finding', async () => {
  const servers = createSandboxServers()
  const findingsIn = async (name: string, only: string[]) =>
    (await certifyBackend({ ...runOptionsOf(nodeCommandOf('bad', name)), only, servers, parallel: 3 })).map(({ id, outcome }) => [
      id,
      outcome,
    ])
  assert.deepEqual(await findingsIn('renews-on-every-call', ['cached', 'clock', 'insufficient-scope', 'api-429']), [
    ['cached', 'wrong'],
    ['clock', 'not tested'],
    ['insufficient-scope', 'not tested'],
    ['api-429', 'not tested'],
  ])
  const found = await findingsIn('ignores-401', ['expired-token', 'cut-tokens', 'rotation'])
  assert.equal(found.filter(([, outcome]) => outcome === 'wrong').length, 1)
  assert.deepEqual(await findingsIn('takes-any-page', ['captive-page', 'bearer-scheme']), [
    ['captive-page', 'wrong'],
    ['bearer-scheme', 'right'],
  ])
  await servers.close()
})

test('a scenario comes after those that it depends on, as the backends that run at once are started in that order', () => {
  const ids = scenarios.map(({ id }) => id)
  for (const { id, after = [] } of scenarios)
    for (const earlier of after) assert.ok(ids.includes(earlier) && ids.indexOf(earlier) < ids.indexOf(id), `${id} after ${earlier}`)
})
