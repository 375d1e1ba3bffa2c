import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { eventually } from '@countersign/server/store/processes.fixture'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const { tokenUrl } = systems['ptv']!

async function aClient(clientId: string): Promise<string> {
  const { stdout } = await callCommand(`client create --realm prod --organization acme --client-id ${clientId} --json`)
  return JSON.parse(stdout).clientSecret
}

async function requestToken(clientId: string, clientSecret: string): Promise<number> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) })).status
}

test('rotate prints a second secret; both get tokens until confirm ends the old one', async () => {
  const old = await aClient('rotates')
  const started = await callCommand('secret rotate rotates --realm prod --window 7d')
  const fresh = /^secret +(csk_\S+)$/m.exec(started.stdout)?.[1] ?? ''
  assert.match(started.stdout, /^rotation +issued: the new secret has not been used yet$/m)
  assert.match(started.stdout, /countersign secret confirm rotates --realm prod\n$/)
  assert.deepEqual([await requestToken('rotates', old), await requestToken('rotates', fresh)], [200, 200])
  assert.match((await callCommand('secret status rotates --realm prod')).stdout, /^rotation +overlapping/m)

  const early = await callCommand('secret confirm rotates --realm prod --json')
  assert.equal(JSON.parse(early.stderr).error.code, 'old-secret-in-use')
  const forced = await callCommand('secret confirm rotates --realm prod --force --reason tested')
  assert.match(forced.stdout, /^rotation +stable/m)
  assert.deepEqual([await requestToken('rotates', old), await requestToken('rotates', fresh)], [401, 200])
})

test('force without a reason names the missing option', async () => {
  await aClient('forces')
  const { stderr } = await callCommand('secret confirm forces --realm prod --force')
  assert.match(stderr, /^Error: --reason: Expected a reason/)
})

test('a window is extended, and cancel keeps the old secret', async () => {
  const old = await aClient('cancels')
  const { clientSecret, windowEndsAt } = JSON.parse((await callCommand('secret rotate cancels --realm prod --window 1d --json')).stdout)
  const extended = JSON.parse((await callCommand('secret extend cancels --realm prod --window 3d --json')).stdout)
  assert.ok(extended.windowEndsAt > windowEndsAt)
  assert.match((await callCommand('secret cancel cancels --realm prod')).stdout, /^rotation +stable/m)
  assert.deepEqual([await requestToken('cancels', old), await requestToken('cancels', clientSecret)], [200, 401])
})

test('a second rotation is rejected, and so is confirming without one', async () => {
  await aClient('twice')
  await callCommand('secret rotate twice --realm prod')
  const again = await callCommand('secret rotate twice --realm prod --json')
  assert.equal(JSON.parse(again.stderr).error.code, 'rotation-in-progress')
  await callCommand('secret cancel twice --realm prod')
  const none = await callCommand('secret confirm twice --realm prod --json')
  assert.equal(JSON.parse(none.stderr).error.code, 'no-rotation')
})

test('revoke ends a secret immediately', async () => {
  const secret = await aClient('leaks')
  const { secrets } = JSON.parse((await callCommand('secret status leaks --realm prod --json')).stdout)
  const { exitCode } = await callCommand(`secret revoke leaks ${secrets[0].id} --realm prod --reason leaked --yes`)
  assert.equal(exitCode, 0)
  assert.equal(await requestToken('leaks', secret), 401)
})

test('revoke takes the last four characters that secret uses names, and says what is wrong before it asks', async () => {
  const secret = await aClient('leaks-too')
  assert.equal(await requestToken('leaks-too', secret), 200)
  const lastFour = secret.slice(-4)
  const uses = await eventually('secret uses shows the use', async () => {
    const { stdout } = await callCommand('secret uses leaks-too --realm prod')
    return stdout.includes(`…${lastFour}`) && stdout
  })
  const [, named = ''] = /\n  countersign secret revoke leaks-too (\S+) --realm prod --reason 'why'\n$/.exec(uses) ?? []
  assert.ok([lastFour, `'…${lastFour}'`].includes(named), uses)
  for (const [named, message] of [
    ['0B9C1F5E', /neither the id of a secret nor its last four characters\.\nNext: .*"countersign secret status leaks-too --realm prod"/],
    [secret, /neither the id of a secret nor its last four characters/],
    ['zzzz', new RegExp(`No secret of "leaks-too" that works ends in "zzzz"[^]*[-0-9a-f]{36}  …${lastFour}`)],
  ] as const) {
    const { exitCode, stderr } = await callCommand(`secret revoke leaks-too ${named} --realm prod --reason leaked`)
    assert.ok(exitCode === 2 || exitCode === 5, stderr)
    assert.match(stderr, message)
    assert.ok(!stderr.includes(secret.slice(0, -4)) && !stderr.includes('cannot be undone'), stderr)
  }
  const { exitCode, stderr } = await callCommand(`secret revoke leaks-too …${lastFour} --realm prod --reason leaked --yes`)
  assert.equal(exitCode, 0, stderr)
  assert.equal(await requestToken('leaks-too', secret), 401)
  assert.match((await callCommand('secret uses leaks-too --realm prod')).stdout, / ended +not known [^\n]*\n$/)
})

test('two secrets with the same last four characters are told apart by their ids', async () => {
  await aClient('twins')
  await callCommand('secret rotate twins --realm prod')
  const database = new DatabaseSync(join(process.env['COUNTERSIGN_HOME']!, 'demo', 'countersign.db'), { timeout: 5000 })
  const isTwin = `client = (select id from clients where realm = 'prod' and client_id = 'twins')`
  database.exec(`update credentials set last_four = '0UXA' where ${isTwin}`)
  database.close()
  const { exitCode, stderr } = await callCommand('secret revoke twins 0UXA --realm prod --reason leaked --yes')
  assert.equal(exitCode, 2, stderr)
  assert.match(stderr, /Two secrets of "twins" end in "0UXA":(\n  [-0-9a-f]{36}  …0UXA  (new|old), created \S+){2}\nNext: Pass the id/)
})

test('a secret that expires soon is due', async () => {
  const soon = new Date(Date.now() + 86_400_000).toISOString()
  await callCommand(`client create --realm prod --organization acme --client-id ends-soon --secret-expires-at ${soon}`)
  assert.match((await callCommand('secret due --realm prod')).stdout, /^ends-soon +acme +….{4} +expires soon +\d{4}-/m)
})

test('a client whose only secret was revoked is shown without one, and its next secret needs no confirmation', async () => {
  await aClient('emptied')
  const { secrets } = JSON.parse((await callCommand('secret status emptied --realm prod --json')).stdout)
  const revoked = await callCommand(`secret revoke emptied ${secrets[0].id} --realm prod --reason leaked --yes`)
  const none =
    /^client +emptied\nsecrets +none: the client cannot get tokens, unless it has a key\n\nNext: countersign secret rotate emptied --realm prod\n$/
  assert.match(revoked.stdout, none)
  assert.match((await callCommand('secret status emptied --realm prod')).stdout, none)

  const { stdout } = await callCommand('secret rotate emptied --realm prod')
  assert.match(stdout, /^rotation +stable/m)
  assert.match(stdout, /\nNext: configure the backend with the new secret\. Until then it gets no tokens\.\n$/)
})

test('a new operator with read scopes can read everything and change nothing, and the error names the missing scope', async () => {
  const create = 'client create --realm operators --organization operators --client-id onlooker --json'
  const { client, clientSecret } = JSON.parse((await callCommand(create)).stdout)
  assert.deepEqual(client.scopes, ['organizations:read', 'clients:read', 'audit:read', 'keys:read'])
  const env = {
    COUNTERSIGN_CLIENT_ID: client.clientId,
    COUNTERSIGN_CLIENT_SECRET: clientSecret,
    COUNTERSIGN_SERVER: new URL(tokenUrl).origin,
  }
  assert.equal((await callCommand('organization list --realm prod', env)).exitCode, 0)
  const { stderr } = await callCommand('organization suspend acme --realm prod', env)
  assert.match(stderr, /^Error: This operator lacks the scope "organizations:write"\.\nNext: Use an operator that has the scope, /)
})
