import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '../server.ts'
import { ConfigurationError, parseConfiguration } from './configuration.ts'
import { refuseFutureCuts } from './refuse-future-cuts.ts'

const now = Date.UTC(2026, 0, 15, 12)

/** A configuration with a realm for each cut: `realm-0` and so on. */
function configure(...cuts: string[]) {
  const realm = (cut: string, i: number) =>
    `  realm-${i}: { issuer: /${i}, tokenEndpoint: /${i}/token, audience: one, tokensNotBefore: "${cut}" }`
  return parseConfiguration(`store: "sqlite::memory:"\nrealms:\n${cuts.map(realm).join('\n')}`, '/')
}
const refuse = (...cuts: string[]) => refuseFutureCuts(configure(...cuts).realms.values(), now)

test('fault 4.6: a server does not start with a cut in the future, and says what to do', async () => {
  await assert.rejects(
    createServer({ configuration: configure('2027-01-15T12:00:00Z'), clock: () => now }),
    (error: Error) =>
      error instanceof ConfigurationError &&
      /realms\.realm-0\.tokensNotBefore: expected an instant that has passed, found "2027-01-15T12:00:00Z"/.test(error.message) &&
      /The clock of this machine reads 2026-01-15T12:00:00Z: .* write that; if it is wrong, set the clock\.$/.test(error.message),
  )
})

for (const cut of ['2026-01-15T12:00:01Z', '2026-01-16T00:00:00Z', '9999-12-31T23:59:59Z']) {
  test(`fault 4.6: the cut ${cut} is refused at 2026-01-15T12:00:00Z`, () => {
    assert.throws(() => refuse('2026-01-01T00:00:00Z', cut), /realms\.realm-1\./)
  })
}

test('fault 4.6: every realm with such a cut is named, and no other', () => {
  assert.throws(
    () => refuse('2026-02-01T00:00:00Z', '2025-02-01T00:00:00Z', '2027-02-01T00:00:00Z'),
    ({ message }: Error) => /realm-0/.test(message) && !/realm-1/.test(message) && /realm-2/.test(message),
  )
})

test('fault 4.6: a cut up to this second is accepted', () => {
  refuse('2026-01-15T12:00:00Z', '2026-01-15T12:00:00.999Z', '2025-06-01T00:00:00Z')
})
