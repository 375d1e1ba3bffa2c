import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTokenProvider, privateKeyJwt } from '@countersign/client'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { serverUrl, operator, systems } = await startTestDemo()
const { issuer } = systems['partner-api']!
const folder = aFolder()

/** A key pair in two files. */
function aKeyPair(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const write = (suffix: string, content: string | Buffer) => {
    const file = join(folder, name + suffix)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }
  return {
    privateFile: write('.pem', privateKey.export({ format: 'pem', type: 'pkcs8' })),
    publicFile: write('.pub.pem', publicKey.export({ format: 'pem', type: 'spki' })),
    jwkFile: write('.jwk', JSON.stringify(publicKey.export({ format: 'jwk' }))),
    privateJwkFile: write('.private.jwk', JSON.stringify({ keys: [privateKey.export({ format: 'jwk' })] })),
  }
}

const tokenBy = (file: string, keyId: string) =>
  callCommand(`token get --issuer ${issuer} --client-id acme-signing --key ${file} --key-id ${keyId}`)

test('a client is created with a key, gets a second one, and loses the first', async () => {
  const [first, second] = [aKeyPair('first'), aKeyPair('second')]
  const create = `client create --realm partner-api --organization acme --client-id acme-signing --key ${first.jwkFile} --json`
  const created = await callCommand(create)
  assert.equal(created.exitCode, 0, created.stderr)
  const { clientSecret } = JSON.parse(created.stdout)
  assert.equal(clientSecret, null)
  const { keys } = JSON.parse((await callCommand('key list acme-signing --realm partner-api --json')).stdout)
  assert.match((await tokenBy(first.privateFile, keys[0].keyId)).stdout, /^eyJ/)

  const added = await callCommand(`key add acme-signing --realm partner-api --key ${second.publicFile} --key-id second`)
  assert.match(added.stdout, / second +ES256 .* never +never +never\n/)
  assert.match(added.stdout, /Next: sign with the new key .*\n {2}countersign key remove acme-signing KEY --realm partner-api\n$/)
  assert.match((await tokenBy(second.privateFile, 'second')).stdout, /^eyJ/)

  const remove = `key remove acme-signing ${keys[0].id} --realm partner-api --yes`
  const early = await callCommand(remove)
  assert.equal(early.exitCode, 7)
  assert.match(early.stderr, /The key was used at .*it can be removed from/)
  const forced = await callCommand([...remove.split(' '), '--force', '--reason', 'Found in a public repository', '--cut-tokens'])
  assert.match(forced.stdout, / second +ES256 /, forced.stderr)
  assert.ok(!forced.stdout.includes(keys[0].id))
  const refused = await tokenBy(first.privateFile, keys[0].keyId)
  assert.equal(refused.exitCode, 4)
  assert.match(refused.stderr, /invalid_client/)
})

test('an operator signs in by a key that is registered in the realm of the operators', async () => {
  const { privateFile, publicFile } = aKeyPair('operator')
  const added = await callCommand(`key add ${operator.clientId} --realm operators --key ${publicFile} --key-id laptop`)
  assert.equal(added.exitCode, 0, added.stderr)
  const { exitCode, stdout, stderr } = await callCommand('realm list', {
    COUNTERSIGN_SERVER: serverUrl,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_KEY_FILE: privateFile,
    COUNTERSIGN_CLIENT_KEY_ID: 'laptop',
  })
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /partner-api/)
})

test('abuse 261: a machine whose clock is two hours behind gets a token, by the time of the refusal', async () => {
  const { privateFile, publicFile } = aKeyPair('clock')
  await callCommand(`client create --realm partner-api --organization acme --client-id acme-clock --key ${publicFile}`)
  const behind = () => Date.now() - 7_200_000
  const tokens = createTokenProvider({
    issuer,
    clientId: 'acme-clock',
    clientAuth: privateKeyJwt({ privateKey: readFileSync(privateFile, 'utf8') }),
    clock: { now: () => performance.now(), wallNow: behind, startTimer: () => () => {} },
  })
  assert.match(await tokens.getToken(), /^eyJ/)
})

test('without --json, a client with a key is shown with the command that lists its keys', async () => {
  const { jwkFile } = aKeyPair('shown')
  const { stdout } = await callCommand(`client create --realm partner-api --organization acme --client-id acme-shown --key ${jwkFile}`)
  assert.match(stdout, /^methods +private_key_jwt$/m)
  assert.match(stdout, /\n\nThe client authenticates by its key\. Its keys: countersign key list acme-shown --realm partner-api\n$/)
})

test('a client that publishes its keys is created, and its URL replaced', async () => {
  const create = 'client create --realm partner-api --organization acme --client-id acme-set --jwks-uri https://acme.example/jwks.json'
  const created = await callCommand(create)
  assert.match(created.stdout, /The client authenticates by its key\./, created.stderr)
  const { stdout, stderr } = await callCommand('key set-uri acme-set --realm partner-api --url https://acme.example/keys/jwks.json')
  assert.match(stdout, / https:\/\/acme\.example\/keys\/jwks\.json /, stderr)
  assert.ok(!stdout.includes('example/jwks.json'))
})

test('a private key is never sent, in no form', async () => {
  const { privateFile, privateJwkFile } = aKeyPair('private')
  for (const file of [privateFile, privateJwkFile]) {
    const { exitCode, stderr } = await callCommand(`key add api-client-acme --realm partner-api --key ${file}`)
    assert.equal(exitCode, 8)
    assert.match(stderr, /contains a private key\. Nothing was sent\.\nNext: Pass the public key/)
  }
})

test('JSON that is none is named, and not repeated', async () => {
  const file = join(folder, 'broken.jwk')
  writeFileSync(file, '{"kty":"EC","d":"canary"')
  const { exitCode, stderr } = await callCommand(`key add api-client-acme --realm partner-api --key ${file}`)
  assert.equal(exitCode, 8)
  assert.doesNotMatch(stderr, /canary/)
})
