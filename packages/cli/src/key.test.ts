import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { warnOfOutage, type SigningKey } from './describe-signing-key.ts'
import { callCommand } from './process.fixture.ts'

await startTestDemo()
const realm = '--realm partner-api'
const folder = aFolder()

function aKeyFile(name: string, text?: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const file = join(folder, name)
  writeFileSync(file, text ?? privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return file
}

interface Listed {
  readonly keyId: string
  readonly state: string
  readonly reserve: boolean
}

async function list(): Promise<Listed[]> {
  return JSON.parse((await callCommand(`key list ${realm} --ended --json`)).stdout).items
}

test('key list is a table of states, with the key in reserve and what comes next', async () => {
  const staged = await callCommand(`key stage ${realm}`)
  assert.match(
    staged.stdout,
    /^state +staged(?:: in reserve)?$[^]*^Next: from .* on; to sign with it, run:\n {2}countersign key activate \S+ --realm partner-api/m,
  )
  const { stdout } = await callCommand(`key list ${realm}`)
  assert.match(stdout, /^KEY ID +ALGORITHM +STATE +ORIGIN +AGE +PUBLISHED +ACTIVATED +CERTIFICATE ENDS +NEXT$/m)
  assert.match(stdout, /^\S+ +ES256 +staged \(reserve\) +made +\d+s +\S+ +never +- +may sign from /m)
  assert.match(stdout, /^\S+ +ES256 +active +made /m)
})

test('abuse 197: a key that verifiers may not know is not activated, and the error says from when it may sign and how in an emergency', async () => {
  const { keyId } = (await list()).find(({ reserve }) => reserve)!
  const early = await callCommand(`key activate ${keyId} ${realm}`)
  assert.equal(early.exitCode, 7)
  assert.match(
    early.stderr,
    /^Error: The signing key ".*" may sign from \S+Z on: verifiers .*\nNext: Wait until then; only in an emergency, add --emergency and --reason 'why'\. In an emergency it may sign now;/s,
  )
  const without = await callCommand(`key activate ${keyId} ${realm} --emergency`)
  assert.match(without.stderr, /^Error: --reason: Expected a reason/)
  const forced = await callCommand([...`key activate ${keyId} ${realm} --emergency --reason`.split(' '), 'The old one may be known'])
  assert.match(forced.stdout, /^It signs from now on, in place of \S+, which stays published until \S+Z,/m)
})

test('abuse 199: a retiring key is not retired before its last token has ended, and the error says when that is', async () => {
  const { keyId } = (await list()).find(({ state }) => state === 'retiring')!
  const { exitCode, stderr } = await callCommand(`key retire ${keyId} ${realm}`)
  assert.equal(exitCode, 7)
  assert.match(stderr, /^Error: Tokens that .* signed may be valid until \S+Z\.\nNext: Wait until then/)
})

test('a compromised key: the command asks, then says what signs now and what other verifiers need', async () => {
  const { keyId } = (await list()).find(({ state }) => state === 'active')!
  await callCommand(`key stage ${realm}`)
  const compromise = [...`key compromise ${keyId} ${realm} --reason`.split(' '), 'Found in a backup']
  assert.match((await callCommand(compromise)).stderr, /cannot be undone[^]*Next: Add --yes/)
  const { stdout } = await callCommand([...compromise, '--yes'])
  assert.match(stdout, /^state +compromised$/m)
  assert.match(stdout, /^It is replaced by \S+ \(ES256\), which has signed since \S+Z\.$/m)
  assert.match(stdout, /^Next: let every other verifier fetch the JWKS again/m)
  assert.match((await callCommand([...compromise, '--yes'])).stdout, /^It signed nothing any more, so no key takes its place\.$/m)
  assert.match(
    (await callCommand(`key activate ${keyId} ${realm}`)).stderr,
    /is compromised; only a staged key can become active\.\nNext: Activate the key in reserve/,
  )
  const signing = (await list()).find(({ state }) => state === 'active')!
  assert.match((await callCommand(`key activate ${signing.keyId} ${realm}`)).stderr, /is active already\.\nNext: There is nothing to do/)
  assert.match(
    (await callCommand(`key activate unknown ${realm}`)).stderr,
    /\nNext: To list them: "countersign key list --realm partner-api --ended"\./,
  )
  const { keyId: unwanted } = JSON.parse((await callCommand(`key stage ${realm} --json`)).stdout).key
  const removed = await callCommand([...`key compromise ${unwanted} ${realm} --yes --reason`.split(' '), 'Not needed'])
  assert.match(removed.stdout, /It never signed a token\.$/m)
})

test('the confirmation of a compromise warns if token requests will get 503', async () => {
  const keys = await list()
  const { keyId } = keys.find(({ state }) => state === 'active')!
  for (const reserve of keys.filter(({ state }) => state === 'staged'))
    await callCommand([...`key compromise ${reserve.keyId} ${realm} --yes --reason`.split(' '), 'Not needed'])
  const compromise = `key compromise ${keyId} ${realm} --reason Stolen`
  assert.match((await callCommand(compromise)).stderr, /cannot be undone, .* confirmation\. No key of ES256 is in reserve\. .* 503 /)
  await callCommand(`key stage ${realm}`)
  assert.doesNotMatch((await callCommand(compromise)).stderr, /503/)

  const from = '2026-01-31T12:00:00.000Z'
  const key = { keyId: 'a', algorithm: 'ES256', state: 'active', maySignInEmergencyFrom: null } as SigningKey
  const staged = { ...key, keyId: 'b', state: 'staged', maySignInEmergencyFrom: from } as SigningKey
  const early = warnOfOutage([key, staged], 'a', Date.parse(from) - 1)
  assert.equal(early, `No other key of ES256 may sign yet: token requests will get 503 until ${from}.`)
  assert.equal(warnOfOutage([key, staged], 'a', Date.parse(from)), undefined)
  assert.match(warnOfOutage([key, { ...staged, algorithm: 'PS256' }], 'a', 0) ?? '', /No key of ES256 is in reserve/)
  assert.equal(warnOfOutage([key, staged], 'b', 0), undefined)
})

test('abuse 206: the file of an imported key must be closed to other users, and none of it is printed', async () => {
  const file = aKeyFile('open.pem')
  chmodSync(file, 0o644)
  const refused = await callCommand(`key import ${file} ${realm}`)
  assert.match(refused.stderr, /^Error: ".*" is accessible to every user of this machine \(mode 644\)\.\nNext: Run "chmod o= /)
  chmodSync(file, 0o600)
  const { stdout, exitCode } = await callCommand(`key import ${file} ${realm} --key-id old-2024 --already-published`)
  assert.equal(exitCode, 0)
  assert.match(stdout, /^key id +old-2024$[^]*^published +before it was imported$[^]*Next: it may sign now/m)
  assert.doesNotMatch(stdout, /PRIVATE|MIG/)
})

test('an import that fails names the option, and the next step', async () => {
  const again = await callCommand(`key import ${aKeyFile('other.pem')} ${realm} --key-id old-2024`)
  assert.match(again.stderr, /^Error: The realm "partner-api" has a signing key with the id "old-2024" already \(staged\)\./)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })
  const refused = await callCommand(`key import ${aKeyFile('encrypted.pem', String(encrypted))} ${realm}`)
  assert.match(
    refused.stderr,
    /^Error: <file>: expected a private key that is not encrypted\. Decrypt it on the way: openssl pkey -in KEY_FILE \| countersign key import -/,
  )
  const certificates = await callCommand(
    `key import ${aKeyFile('third.pem')} ${realm} --certificates ${aKeyFile('no-certificate.pem', 'text')}`,
  )
  assert.match(certificates.stderr, /^Error: --certificates: expected certificates in PEM/)
})

test('a key id that begins with "-" is no option, wherever it stands', async () => {
  await callCommand(`key import ${aKeyFile('dashed.pem')} ${realm} --key-id -Vx-2024 --already-published`)
  const activated = await callCommand(`key activate -Vx-2024 ${realm}`)
  assert.match(activated.stdout, /^key id +-Vx-2024$[^]*^state +active$/m)
  for (const args of [`key retire ${realm} -Vx-2024`, `key retire ${realm} -- -Vx-2024`])
    assert.match((await callCommand(args)).stderr, /its active key for ES256/)
  assert.match((await callCommand(`key retire -Vx-2024 ${realm} --wrong`)).stderr, /unknown option '--wrong'/)
})

test('key --help teaches the states, a rotation and an emergency', async () => {
  const { stdout } = await callCommand('key --help')
  for (const word of ['staged', 'active', 'retiring', 'retired', 'compromised', 'key activate', 'docs/keys.md'])
    assert.ok(stdout.includes(word), word)
})
