// The commands of the pepper on the machine of a served store; docs/keys.md has the whole way of a rotation.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { aFolder } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'
import { startServed } from './served.fixture.ts'

test('an end of a pepper that was interrupted before the file was changed is completed by the next run', async () => {
  const { server, folder, form, serverUrl, requestToken, start } = await startServed()
  const config = join(folder, 'countersign.yaml')
  const file = join(folder, '.countersign', 'pepper')
  const credentials = new URLSearchParams(form)
  const env = {
    COUNTERSIGN_SERVER: serverUrl,
    COUNTERSIGN_CLIENT_ID: credentials.get('client_id')!,
    COUNTERSIGN_CLIENT_SECRET: credentials.get('client_secret')!,
  }
  const call = async (args: string | readonly string[]) => {
    const { exitCode, stdout, stderr } = await callCommand(args, env)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }
  const rotated = await call(`pepper rotate --config ${config} --json`)
  assert.deepEqual(JSON.parse(rotated), { version: 2, file, location: `file:${file}` })
  server.send('SIGHUP')
  while (!/^2 +current/m.test(await call('pepper status'))) await pause(20)
  const fileBefore = readFileSync(file, 'utf8')
  // The first operator, which "init" made, has not used its secret; that of this test moves by its use.
  const retire = ['pepper', 'retire', '1', '--yes', '--force', '--reason', 'The first operator is not used']
  while ((await callCommand(retire, env)).exitCode !== 0) await pause(100)
  assert.equal(readFileSync(file, 'utf8'), fileBefore)
  const { exitCode } = await server.stop()
  assert.equal(exitCode, 0)

  const again = await start()
  assert.equal(await requestToken(), 200)
  const { file: done, ended } = JSON.parse(await call(`pepper retire 1 --config ${config} --yes --json`)) as Record<string, unknown>
  assert.deepEqual([done, ended], [`"${file}" no longer has version 1.`, []])
  assert.equal(readFileSync(file, 'utf8'), fileBefore.split('\n').slice(1).join('\n'))
  again.send('SIGHUP')
  assert.equal(await requestToken(), 200)
  assert.match(await call(`pepper retire 1 --config ${config} --yes`), /does not have version 1/)
  await again.stop()

  const last = await start()
  assert.equal(await requestToken(), 200)
  await last.stop()
})

test('where a ring is in a variable or a program, "rotate" requires a place for the new one and says what to do with it', async () => {
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  writeFileSync(config, 'keyEncryptionKey: env:COUNTERSIGN_TEST_RING\nrealms: {}', { mode: 0o600 })
  const ring = `v7:${Buffer.alloc(32, 7).toString('base64url')}`
  const env = { COUNTERSIGN_TEST_RING: ring }
  const refused = await callCommand(`key-encryption-key rotate --config ${config}`, env)
  assert.equal(refused.exitCode, 2)
  assert.match(refused.stderr, /is in "env:COUNTERSIGN_TEST_RING", which this command cannot change\.\nNext: Add --out FILE/)
  const out = join(folder, 'ring')
  const { exitCode, stdout, stderr } = await callCommand(`key-encryption-key rotate --config ${config} --out ${out}`, env)
  assert.equal(exitCode, 0, stderr)
  assert.match(
    stdout,
    /Version 8 of the key-encryption key was written to .*set the variable of "env:COUNTERSIGN_TEST_RING".*Restart every server/s,
  )
  assert.ok(readFileSync(out, 'utf8').startsWith(`${ring}\nv8:`))
  assert.doesNotMatch(stdout + stderr, /BwcH/)
  const absent = await callCommand(`audit rotate-key --config ${config}`, env)
  assert.match(absent.stderr, /has no "auditKey"/)
  const wrong = await callCommand('pepper retire first --yes', env)
  assert.match(wrong.stderr, /"first" is not the number of a version/)
})
