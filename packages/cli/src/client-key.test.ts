import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand, runCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const { issuer, tokenUrl } = systems['partner-api']!
const folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'))
after(() => rmSync(folder, { recursive: true }))

function aKeyPair(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const files = { pem: join(folder, `${name}.pem`), jwk: join(folder, `${name}.json`), private: join(folder, `${name}.key`) }
  writeFileSync(files.pem, publicKey.export({ format: 'pem', type: 'spki' }))
  writeFileSync(files.jwk, JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: name }))
  writeFileSync(files.private, privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return { ...files, privateKey }
}

async function requestToken(clientId: string, { privateKey }: ReturnType<typeof aKeyPair>): Promise<number> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), exp: now + 60 }
  const signed = [{ alg: 'EdDSA' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const assertion = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: type, client_assertion: assertion })
  return (await fetch(tokenUrl, { method: 'POST', body })).status
}

test('a client is created with a key and without a secret, and gets tokens by it', async () => {
  const key = aKeyPair('first')
  const created = await runCommand(`client create --realm partner-api --organization acme --client-id acme-keys --key ${key.pem}`)
  assert.equal(created.exitCode, 0, created.stderr)
  assert.match(created.stdout, /^secret +none: the client authenticates by its keys/m)
  assert.equal(await requestToken('acme-keys', key), 200)
})

test('a key is rotated: add, use, remove', async () => {
  const [old, next] = [aKeyPair('old'), aKeyPair('next')]
  await callCommand(`client create --realm partner-api --organization acme --client-id acme-rotating --key ${old.jwk}`)
  const added = await callCommand(`client key add acme-rotating ${next.jwk} --realm partner-api`)
  assert.match(
    added.stdout,
    /^Assertions by EdDSA without a key id \(kid\) are refused from now on\.\n\nNext: when all instances sign with/m,
  )
  const { keys } = JSON.parse((await callCommand('client key list acme-rotating --realm partner-api --json')).stdout)
  assert.deepEqual(
    keys.map(({ keyId }: { keyId: string }) => keyId),
    ['next', 'old'],
  )
  const byKeyId = await callCommand('client key remove acme-rotating old --realm partner-api --yes')
  assert.match(byKeyId.stderr, /^Error: <key>: .*\nNext: The id of a key is in the column KEY of "countersign client key list"/)
  const remove = `client key remove acme-rotating ${keys[1].id} --realm partner-api --yes`
  assert.match((await callCommand(remove)).stdout, /^client +acme-rotating\nmethods +private_key_jwt\n\nKEY +KEY ID/)
})

test('a private key is not sent, and neither is what is no key', async () => {
  const key = aKeyPair('private')
  const { exitCode, stderr } = await callCommand(`client key add acme-keys ${key.private} --realm partner-api`)
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /has a private key[^]*Next: Pass the public key: openssl pkey/)
  const jwk = join(folder, 'private.json')
  for (const content of [key.privateKey.export({ format: 'jwk' }), { keys: [key.privateKey.export({ format: 'jwk' })] }]) {
    writeFileSync(jwk, JSON.stringify(content))
    assert.match((await callCommand(`client key add acme-keys ${jwk} --realm partner-api`)).stderr, /has a private key[^]*Nothing was sent/)
  }
  const file = join(folder, 'broken')
  writeFileSync(file, '{')
  assert.match((await callCommand(`client key add acme-keys ${file} --realm partner-api`)).stderr, /is not valid JSON/)
})

test('the URL of the keys of a client is set, shown and removed', async () => {
  await callCommand('client create --realm partner-api --organization acme --client-id acme-url --jwks-uri https://backend.example/jwks')
  const set = await callCommand('client jwks-uri acme-url https://backend.example/keys --realm partner-api --json')
  const { keys } = JSON.parse(set.stdout)
  assert.deepEqual([keys.length, keys[0].jwksUri], [1, 'https://backend.example/keys'])
  assert.match((await callCommand('client key list acme-url --realm partner-api')).stdout, /https:\/\/backend\.example\/keys/)
  const removed = await callCommand(`client key remove acme-url ${keys[0].id} --realm partner-api --yes`)
  assert.match(removed.stdout, /^keys +none$/m)
})
