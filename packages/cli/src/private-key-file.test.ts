// Commands that authenticate by a private key in a file, before a server that knows it exists: what is sent, and what is refused.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const folder = aFolder()
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
const keyFile = write('acme.pem', pem)

function write(name: string, content: string | Buffer, mode = 0o600): string {
  const file = join(folder, name)
  writeFileSync(file, content, { mode })
  return file
}

/** Answers every path with a token, and remembers the forms. */
const forms: URLSearchParams[] = []
const server = createServer(async (request, response) => {
  forms.push(new URLSearchParams(await text(request)))
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ access_token: 'token-1', token_type: 'Bearer', expires_in: 300, items: [], next: null }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close().closeAllConnections())
const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const byTokenUrl = `token get --token-url ${serverUrl}/token --client-id acme`

function lastAssertion() {
  const [header, claims] = (forms.at(-1)?.get('client_assertion') ?? '').split('.', 2)
  return { ...JSON.parse(atob(header ?? '')), ...JSON.parse(atob(claims ?? '')) }
}

test('token get authenticates by the key in a file: PEM, or a JWK with its id', async () => {
  const { stdout, stderr } = await callCommand(`${byTokenUrl} --key ${keyFile} --key-audience ${serverUrl}/realms/a --key-id acme-2026`)
  assert.equal(stdout, 'token-1\n', stderr)
  const { alg, kid, aud, iss } = lastAssertion()
  assert.deepEqual([alg, kid, aud, iss], ['EdDSA', 'acme-2026', `${serverUrl}/realms/a`, 'acme'])
  const jwk = write('acme.jwk', JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'of-the-jwk' }))
  await callCommand(`${byTokenUrl} --key ${jwk} --key-audience ${serverUrl}/realms/a`)
  assert.equal(lastAssertion().kid, 'of-the-jwk')
})

test('an operator signs in by a key, with the issuer of the operators as the audience', async () => {
  const operator = { COUNTERSIGN_SERVER: serverUrl, COUNTERSIGN_CLIENT_ID: 'operator-1', COUNTERSIGN_CLIENT_KEY_FILE: keyFile }
  await callCommand('realm list', { ...operator, COUNTERSIGN_CLIENT_KEY_ID: 'laptop' })
  const assertion = forms.findLast((form) => form.has('client_assertion'))
  assert.ok(assertion)
  forms.push(assertion)
  const { kid, aud, sub } = lastAssertion()
  assert.deepEqual([kid, aud, sub], ['laptop', `${serverUrl}/realms/operators`, 'operator-1'])
})

const both = { COUNTERSIGN_CLIENT_ID: 'a', COUNTERSIGN_CLIENT_SECRET: 'csk_canary', COUNTERSIGN_CLIENT_KEY_FILE: keyFile }
const refusals: Record<string, readonly [exitCode: number, env: Record<string, string>, message: RegExp]> = {
  [`${byTokenUrl} --key ${keyFile}`]: [2, {}, /the issuer that the signed assertion is for is not known\.\nNext: Pass --issuer/],
  [`${byTokenUrl} --key-id a`]: [2, {}, /--key-id, --key-algorithm and --key-audience are for a key/],
  [`${byTokenUrl} --key ${keyFile} --client-secret-file x`]: [2, {}, /--key and --client-secret-file are both given/],
  [`token get novatrade24/acme --key ${keyFile}`]: [2, {}, /--key and a client of the demo are both given/],
  [`${byTokenUrl} --key ${keyFile} --key-audience ${serverUrl}/ --key-algorithm RS256`]: [
    8,
    {},
    /cannot sign with "algorithm" RS256; it can with EdDSA/,
  ],
  [`${byTokenUrl} --key ${folder}/none --key-audience ${serverUrl}/`]: [8, {}, /no such file/],
  [`${byTokenUrl} --key ${write('open.pem', pem, 0o644)} --key-audience ${serverUrl}/`]: [8, {}, /accessible to every user/],
  [`${byTokenUrl} --key ${write('public.pem', publicKey.export({ format: 'pem', type: 'spki' }))} --key-audience ${serverUrl}/`]: [
    8,
    {},
    /The key in ".*public\.pem" cannot be used: "privateKey" is a public key\.\nNext: Use the private key/,
  ],
  'realm list': [2, both, /COUNTERSIGN_CLIENT_SECRET and COUNTERSIGN_CLIENT_KEY_FILE are both set\.\nNext: Unset one/],
  'client list --realm a': [
    2,
    { COUNTERSIGN_CLIENT_KEY_FILE: keyFile },
    /COUNTERSIGN_CLIENT_KEY_FILE is set, but COUNTERSIGN_CLIENT_ID is not/,
  ],
}
for (const [command, [exitCode, env, message]] of Object.entries(refusals))
  test(`"${command.replaceAll(/(http\S+?|\/\S*)\/(?=[\w.]*( |$))/g, '')}" is refused, and nothing is sent`, async () => {
    const before = forms.length
    const result = await callCommand(command, env)
    assert.deepEqual([result.exitCode, result.stdout], [exitCode, ''], result.stderr)
    assert.match(result.stderr, message)
    assert.doesNotMatch(result.stderr, /canary/)
    assert.equal(forms.length, before)
  })
