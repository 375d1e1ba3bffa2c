import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { fileKey, fileSecret } from './node.ts'
import type { TokenProviderOptions } from './options.ts'
import { privateKeyJwt } from './private-key-jwt.ts'
import { createTestClient, oauthError } from './token-endpoint.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-client-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function aFile(content: string, mode = 0o600): string {
  const file = join(folder, `file-${++files}`)
  writeFileSync(file, content, { mode })
  return file
}

/** Missing where there are no named pipes. */
function aPipe(): string {
  const file = join(folder, `pipe-${++files}`)
  spawnSync('mkfifo', ['-m', '600', file])
  return file
}

/** Half a minute at least. */
const longPause = { random: () => 0.99 }

/** A client whose secret is in a file, and an endpoint that accepts `valid`. */
function createFileClient(file: string, valid: Set<string | undefined>, options: Partial<TokenProviderOptions> = {}) {
  const client = createTestClient({ clientSecret: fileSecret(file), ...options } as Partial<TokenProviderOptions>)
  client.endpoint.answer = ({ secret }) => (valid.has(secret) ? client.endpoint.issue() : oauthError(401, 'invalid_client'))
  return { ...client, secretsSent: () => client.endpoint.requests.map(({ secret }) => secret) }
}

for (const [what, content, secrets] of [
  ['without a line end', 's3cret', ['s3cret']],
  ['with a line end', 's3cret\n', ['s3cret']],
  ['with the line end of Windows', 's3cret\r\n', ['s3cret']],
  ['with a byte order mark', '\uFEFFs3cret\n', ['s3cret']],
  ['of two lines', 'newer\nolder\n', ['newer', 'older']],
] as const)
  test(`a file ${what} is read as ${secrets.join(' and ')}`, async () => {
    assert.deepEqual(await fileSecret(pathToFileURL(aFile(content)))(), secrets)
  })

const unusable: [what: string, file: () => string, message: RegExp][] = [
  ['that does not exist', () => join(folder, 'missing'), /"\S+missing" could not be read \(ENOENT\)\. Check that the file exists/],
  ['that every user may read', () => aFile('s3cret', 0o644), /is accessible to every user of this machine \(mode 644\)\. Run "chmod o= /],
  ['that is empty', () => aFile('\n'), /is empty\. Write the new content to another file and rename it/],
  ['of three lines', () => aFile('a\nb\nc\n'), /has 3 lines\. Write one secret a line/],
  ['that is a folder', () => folder, /could not be read \(EISDIR\)|is not a regular file/],
  ['that is a pipe without a writer', aPipe, /could not be read \(ENOENT\)|is not a regular file/],
  ['that is too large', () => aFile('x'.repeat(65_537)), /has more than 65536 bytes/],
]
for (const [what, file, message] of unusable)
  test(`a secret in a file ${what} is an error with its remedy, and nothing is sent`, async () => {
    const { tokens, endpoint } = createFileClient(file(), new Set())
    await assert.rejects(tokens.getToken(), (error: Error) => {
      assert.match(error.message, message)
      return !error.message.includes('s3cret') && (error as { code?: string }).code === 'secret_unavailable'
    })
    assert.equal(endpoint.requests.length, 0)
  })

test('abuse 250: a mounted secret whose link was switched is used by the next renewal', async () => {
  const [mount, old, fresh] = [join(folder, 'mount'), join(folder, '..v1'), join(folder, '..v2')]
  for (const [version, secret] of [
    [old, 'old'],
    [fresh, 'new'],
  ] as const) {
    mkdirSync(version)
    writeFileSync(join(version, 'secret'), `${secret}\n`, { mode: 0o440 })
  }
  mkdirSync(mount)
  symlinkSync(old, join(mount, '..data'))
  symlinkSync(join('..data', 'secret'), join(mount, 'secret'))
  const valid = new Set<string | undefined>(['old'])
  const { tokens, clock, secretsSent } = createFileClient(join(mount, 'secret'), valid)
  await tokens.getToken()
  symlinkSync(fresh, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
  rmSync(old, { recursive: true })
  valid.clear()
  valid.add('new')
  await clock.advance(300)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual(secretsSent(), ['old', 'new'])
})

test('abuse 250: a secret that was replaced while it was refused is read again, and tried at once', async () => {
  const file = aFile('old')
  const { tokens, endpoint, secretsSent } = createFileClient(file, new Set(['new']))
  const { answer } = endpoint
  endpoint.answer = (request) => {
    if (request.secret === 'old') writeFileSync(file, 'new\nold\n')
    return answer!(request)
  }
  assert.equal(await tokens.getToken(), 'token-1')
  assert.deepEqual(secretsSent(), ['old', 'new'])
})

test('abuse 250: a refused secret that is still the same in the file is not sent again', async () => {
  const { tokens, secretsSent } = createFileClient(aFile('newer\nolder'), new Set())
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  assert.deepEqual(secretsSent(), ['newer', 'older'])
})

test('abuse 250: a secret that is replaced during the pause after its refusal ends the pause, within a second', async () => {
  const file = aFile('wrong')
  const { tokens, clock, secretsSent } = createFileClient(file, new Set(['right']), longPause)
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  for (let second = 0; second < 5; second++) {
    await clock.advance(1)
    await assert.rejects(tokens.getToken(), { code: 'gated' })
  }
  writeFileSync(file, 'right\n')
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  await clock.advance(1)
  assert.equal(await tokens.getToken(), 'token-1')
  assert.deepEqual(secretsSent(), ['wrong', 'right'])
})

test('abuse 250: a secret that is replaced by another wrong one is refused once, and pauses again', async () => {
  const file = aFile('wrong')
  const { tokens, clock, secretsSent } = createFileClient(file, new Set(), longPause)
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  writeFileSync(file, 'wrong-too')
  await clock.advance(1)
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  await clock.advance(1)
  await Promise.all(Array.from({ length: 1000 }, () => assert.rejects(tokens.getToken(), { code: 'gated' })))
  assert.deepEqual(secretsSent(), ['wrong', 'wrong-too'])
})

test('a file that becomes unreadable keeps the refusal of the server as the error', async () => {
  const file = aFile('old')
  const { tokens, endpoint } = createFileClient(file, new Set())
  endpoint.answer = () => {
    chmodSync(file, 0o644)
    return oauthError(401, 'invalid_client')
  }
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
})

function aJwk(kid: string): string {
  return JSON.stringify({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), kid })
}

test('abuse 250: a private key that was replaced while it was refused is read again, and tried at once', async () => {
  const file = aFile(aJwk('key-1'))
  const switched: unknown[] = []
  const client = createTestClient({
    clientAuth: privateKeyJwt({ privateKey: fileKey(file), audience: 'https://auth.example.com' }),
    onEvent: (event) => void switched.push(event.type),
  })
  client.endpoint.answer = ({ form }) => {
    const { kid } = JSON.parse(atob(form.get('client_assertion')!.split('.')[0]!)) as { kid: string }
    if (kid === 'key-2') return client.endpoint.issue()
    writeFileSync(file, aJwk('key-2'))
    return oauthError(401, 'invalid_client')
  }
  assert.equal(await client.tokens.getToken(), 'token-1')
  await client.clock.advance(0)
  assert.deepEqual(switched, ['credential-reread', 'requested'])
})

test('abuse 250: a private key that is replaced during the pause after its refusal ends the pause', async () => {
  const file = aFile(aJwk('key-1'))
  const auth = privateKeyJwt({ privateKey: fileKey(file), audience: 'https://auth.example.com' })
  const { tokens, clock, endpoint } = createTestClient({ clientAuth: auth, ...longPause })
  endpoint.answer = ({ form }) => {
    const { kid } = JSON.parse(atob(form.get('client_assertion')!.split('.')[0]!)) as { kid: string }
    return kid === 'key-2' ? endpoint.issue() : oauthError(401, 'invalid_client')
  }
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  await clock.advance(1)
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  writeFileSync(file, aJwk('key-2'))
  await clock.advance(1)
  assert.equal(await tokens.getToken(), 'token-1')
})

test('a key in a file that every user may read is an error with its remedy', async () => {
  const privateKey = fileKey(aFile(aJwk('key-1'), 0o604), { keyId: 'acme' })
  const { tokens } = createTestClient({ clientAuth: privateKeyJwt({ privateKey, audience: 'https://auth.example.com' }) })
  await assert.rejects(tokens.getToken(), { code: 'key_unavailable', message: /mode 604.*chmod o=/ })
})

test('a path that is none is a TypeError', () => {
  assert.throws(() => fileSecret(''), { name: 'TypeError', message: /fileSecret: "path" must be a path or a file URL/ })
  assert.throws(() => fileKey(new URL('https://example.com/')), { name: 'TypeError', message: /fileKey: "path"/ })
})
