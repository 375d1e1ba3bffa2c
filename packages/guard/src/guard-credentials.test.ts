// The guard's own secret: whatever form it has, it can be replaced while the API runs.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, test, type TestContext } from 'node:test'
import { generateKeyPairSync } from 'node:crypto'
import { privateKeyJwt } from '@countersign/client'
import { parseBasic } from '@countersign/protocol'
import { issuer } from './guard.fixture.ts'
import { aRemoteGuard, changesUrl, json, tokenUrl } from './remote.fixture.ts'
import type { GuardCredentials } from './guard-credentials.ts'

/** The client waits for a second between two token requests; here this takes no time. */
beforeEach((t) => {
  const { setTimeout: start } = globalThis
  const { mock } = t as TestContext
  mock.method(globalThis, 'setTimeout', (callback: () => void, delayMs: number) => start(callback, delayMs <= 1000 ? 0 : delayMs))
})

/** A guard, and a server that accepts one secret and issues tokens that live for a minute. */
function aGuard(credentials: Pick<Extract<GuardCredentials, { clientSecret: unknown }>, 'clientSecret' | 'onSecretProven'>) {
  const given = aRemoteGuard({ entitlementSeconds: 0, staleIfErrorSeconds: 0, credentials: { clientId: 'nt24-api', ...credentials } })
  let accepted = 'first-secret'
  const secrets: (string | undefined)[] = []
  const serve = (secret: string) => {
    given.server.answer(tokenUrl, (request) => {
      const { clientSecret } = parseBasic(request.headers.get('authorization') ?? '')
      secrets.push(clientSecret)
      if (clientSecret !== accepted) return json({ error: 'invalid_client' }, { status: 401 })
      return json({ access_token: `token-of-${accepted}`, token_type: 'Bearer', expires_in: 60 })
    })
    given.server.answer(changesUrl, (request) => {
      if (request.headers.get('authorization') === `Bearer token-of-${accepted}`) return given.server.realm.answerChanges(request)
      return json({}, { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    })
    accepted = secret
  }
  serve(accepted)
  return { ...given, secrets, serve }
}

test('fault 3.9: a function that reads a file is asked again, so a rotated secret needs no restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-guard-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'secret')
  writeFileSync(file, 'first-secret\n')
  const { guard, serve, codeOf } = aGuard({ clientSecret: async () => (await readFile(file, 'utf8')).trim().split('\n') })
  await guard.ready()
  writeFileSync(file, 'second-secret\nfirst-secret\n')
  serve('second-secret') // The old secret and its tokens have ended.
  await guard.ready()
  assert.equal(await codeOf(), undefined)
})

test('fault 3.9: of two secrets the one that is accepted is used, and the newer is reported once it is', async () => {
  let proven = 0
  const { guard, secrets } = aGuard({ clientSecret: ['first-secret', 'zeroth-secret'], onSecretProven: () => proven++ })
  await guard.ready()
  assert.deepEqual([secrets, proven], [['first-secret'], 1])
  const older = aGuard({ clientSecret: ['next-secret', 'first-secret'] })
  await older.guard.ready()
  assert.deepEqual(older.secrets, ['next-secret', 'first-secret'])
})

test('fault 3.9: updateSecret() replaces a value while the guard runs, at once after a refusal', async () => {
  const { guard, serve, codeOf, clock } = aGuard({ clientSecret: 'first-secret' })
  assert.equal(await codeOf(), undefined)
  serve('second-secret')
  clock.advance(1)
  assert.equal(await codeOf(), 'temporarily-unavailable')
  guard.updateSecret('second-secret')
  assert.equal(await codeOf(), undefined)
  assert.throws(
    () => guard.updateSecret('csk_canary\r'),
    (error: Error) => error instanceof TypeError && !/canary/.test(error.message),
  )
})

test('fault 3.9: the credentials can be sent in the body, as for a client', async () => {
  const { guard, server } = aRemoteGuard({
    credentials: { clientId: 'nt24-api', clientSecret: 'first-secret', clientAuthentication: 'body' },
  })
  await guard.ready()
  assert.match((await server.requests.find(({ url }) => url === tokenUrl)?.text()) ?? '', /client_secret=first-secret/)
})

test('the guard authenticates by a key as a client does, with its issuer as the audience, even if the token URL is given', async () => {
  const clientAuth = privateKeyJwt({ privateKey: generateKeyPairSync('ed25519').privateKey, keyId: 'guard-1' })
  for (const server of [{}, { tokenUrl }]) {
    const given = aRemoteGuard({ credentials: { clientId: 'nt24-api', clientAuth, ...server } })
    await given.guard.ready()
    const form = new URLSearchParams(await given.server.requests.find(({ url }) => url === tokenUrl)?.text())
    const [header, claims] = (form.get('client_assertion') ?? '').split('.', 2).map((part) => JSON.parse(atob(part)))
    assert.deepEqual([header.alg, header.kid, claims.aud, claims.sub], ['EdDSA', 'guard-1', issuer, 'nt24-api'])
    assert.throws(() => given.guard.updateSecret('first-secret'), /this client authenticates by a key/)
  }
})

test('credentials that are no object are named', () => {
  assert.throws(() => aRemoteGuard({ credentials: undefined as never }), /"credentials" must be an object/)
})
