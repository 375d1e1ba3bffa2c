import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queries } from './reads.ts'
import { signIn } from './session.ts'

test('abuse 147: what one operator has read is not shown to another of the same name in another realm', async (t) => {
  t.after(() => queries.clear()) // And its timers.
  let realm = 'alpha'
  t.mock.method(globalThis, 'fetch', async () => Response.json({ clientId: 'ada', realm }, { status: 201 }))
  const proof = { clientId: 'ada', clientSecret: 'secret' }
  await signIn('/console', proof)
  queries.setQueryData(['clients.list'], ['of alpha'])
  await signIn('/console', proof)
  assert.deepEqual(queries.getQueryData(['clients.list']), ['of alpha'], 'it is still the same operator')
  realm = 'beta'
  await signIn('/console', { ...proof, realm })
  assert.equal(queries.getQueryData(['clients.list']), undefined)
})
