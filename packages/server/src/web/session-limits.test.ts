import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  browserWith,
  cookieOf,
  credentialsOf,
  postSession,
  refusalOf,
  sessionPath,
  signIn,
  withConsole,
} from '../../test/console.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'

const hourMs = 3_600_000

test('a new session stays where twenty others have the same date or a later one', async () => {
  const server = await startTestServer(withConsole)
  for (let number = 0; number < 20; number++) await signIn(server, server.operator)
  // As by a node whose clock is a little ahead.
  await server.database.query('update sessions set signed_in_at = signed_in_at + 60000')
  for (let number = 0; number < 5; number++)
    assert.equal((await (await signIn(server, server.operator)).session()).statusCode, 200, String(number))
  assert.equal((await server.database.query('select 1 from sessions')).length, 20)
})

test('abuse 232: sessions that a wrong clock has dated far ahead count for nothing, and make way for the next one', async () => {
  const server = await startTestServer(withConsole)
  const browser = await signIn(server, server.operator)
  for (const column of ['signed_in_at', 'seen_at', 'confirmed_at']) {
    await server.database.query(`update sessions set ${column} = ${column} + ${24 * hourMs}, ends_at = ends_at + ${24 * hourMs}`)
    assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'], column)
    await server.database.query(`update sessions set ${column} = ${column} - ${24 * hourMs}`)
    assert.equal((await browser.session()).statusCode, 200, column)
  }
  await server.database.query(`update sessions set signed_in_at = signed_in_at + ${24 * hourMs}`)
  const next = await signIn(server, server.operator)
  assert.equal((await next.session()).statusCode, 200)
  assert.equal((await server.database.query('select 1 from sessions')).length, 1)
})

test('abuse 181: a cookie that this server cannot have made is refused without a query of the store', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  const response = await postSession(server, credentialsOf(server.operator))
  const cookie = cookieOf(response)
  const [name = '', token = ''] = cookie.split('=')
  await server.database.query('alter table sessions rename to hidden_sessions')
  const changed = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  const forged = [
    'A'.repeat(token.length),
    changed(0),
    changed(20),
    changed(43),
    changed(token.length - 2),
    `${token}A`,
    token.slice(0, -1),
    '',
  ]
  for (const value of forged)
    assert.deepEqual(refusalOf(await browserWith(server, `${name}=${value}`).session()), [401, 'signed-out'], value)
  server.expectErrors()
  assert.ok((await browserWith(server, cookie).session()).statusCode >= 500, 'its own one is looked for')
  await server.database.query('alter table hidden_sessions rename to sessions')
  assert.equal((await server.request({ url: sessionPath, headers: { cookie } })).statusCode, 200)
})
