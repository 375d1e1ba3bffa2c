import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm } from '../../test/signing-key-steps.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'

const day = 86_400_000

test('abuse 201: the age of each active key is a gauge, and a key that is too old is a warning of a node that is ready', async () => {
  const realms = aRealm('one', ', signingAlgorithms: [EdDSA], signingKeys: { rotateEvery: 30d }')
  const server = await startTestServer({ realms, nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  const { operations } = await server.listenEverywhere()
  const read = async (path: string) => (await fetch(new URL(path, operations))).text()
  const ages = async () =>
    (await read('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith('countersign_signing_key_age_seconds{realm="one"'))
      .toSorted()
  const gauge = (algorithm: string, seconds: number) =>
    `countersign_signing_key_age_seconds{realm="one",algorithm="${algorithm}"} ${seconds}`
  server.clock.advance(38 * day)
  assert.deepEqual(await ages(), [gauge('ES256', (38 * day) / 1000), gauge('EdDSA', (38 * day) / 1000)])
  const readiness = async () => JSON.parse(await read('/readyz')) as { reasons?: Record<string, string>; warnings?: Record<string, string> }
  assert.equal((await readiness()).warnings, undefined)
  server.clock.advance(day)
  const { reasons = {}, warnings = {} } = await readiness()
  assert.equal(warnings['signing-keys'], 'the signing key of the realm "one" for ES256 is 39 days old and signs on (and 1 more)')
  // A machine that is busy with other tests may hold up the event loop.
  assert.deepEqual(
    Object.keys(reasons).filter((reason) => reason !== 'event-loop'),
    [],
  )
  for (let run = 0; run < 4; run++) await server.upkeep.rotateKeys()
  server.clock.advance(2 * day)
  await server.upkeep.rotateKeys()
  assert.deepEqual(await ages(), [gauge('ES256', 0), gauge('EdDSA', 0)])
})
