// A corpus of Authorization headers, on which an adapter decides as the guard alone does, and many requests, which leave no memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { aRealm, aSigningKey, issuer, startSeconds, type TestRealm } from '../guard.fixture.ts'
import type { ContractApp, RunningApp } from './contract-app.fixture.ts'
import { sendPipelined } from './raw-requests.fixture.ts'

const size = 10_000

/** Valid tokens, tokens with wrong claims, keys and characters, and headers that are malformed in every way that HTTP can carry. */
export function corpusOf(realm: TestRealm): string[] {
  const other = aRealm({ key: aSigningKey('ES256', 'ES256-9') })
  const valid = Array.from({ length: 40 }, (_, at) => realm.token({ jti: `token-${at}` }))
  const denied = [
    { exp: startSeconds - 1 },
    { exp: startSeconds - 3600 },
    { iat: startSeconds + 120 },
    { nbf: startSeconds + 120 },
    { iss: `${issuer}/` },
    { aud: 'else' },
    { aud: [] },
    { typ: 'ID' },
    { azp: 'else' },
    { client_id: 7 },
  ].map((claims) => realm.token(claims))
  const tokens = [...valid.slice(0, 10), ...denied, other.token()]
  const altered = tokens.flatMap((token, at) => [
    token.slice(0, -1 - at),
    `${token.slice(0, 20 + at)}${token[20 + at] === 'A' ? 'B' : 'A'}${token.slice(21 + at)}`,
    token.replaceAll('.', at % 2 ? '..' : ''),
    `${token}${'=.A_-~+/'[at % 8]}`,
    token.toUpperCase(),
  ])
  const all = [...valid, ...denied, ...altered].map((token) => `Bearer ${token}`)
  const [one = '', two = ''] = all
  const forms = ['bearer', 'BEARER', 'Bearer ', 'Basic', 'DPoP', 'Bearer,', '"Bearer"', 'Bearer\t'].map((scheme) =>
    one.replace('Bearer', scheme),
  )
  return [
    ...all,
    ...forms,
    `${one}, ${two}`,
    `${one},${one}`,
    `Basic x, ${one}`,
    `${one} x`,
    one.slice(7),
    'Bearer',
    'repeated',
    'undefined',
  ]
}

export function testManyRequests(app: ContractApp): void {
  test(`abuse 121: ${app.name} decides on every header of the corpus as the guard does`, async () => {
    const realm = app.use()
    const headers = corpusOf(realm)
    const expected = await Promise.all(headers.map((header) => codeOf(realm, header)))
    assert.ok(new Set(expected).size >= 5, 'The corpus is too narrow')
    for (const _again of [1, 2]) assert.deepEqual(await codesOf(await app.running(), headers), expected)
  })

  test(`${app.name} keeps no memory of ${size} requests`, async () => {
    const realm = app.use()
    const running = await app.running()
    // Allowed, and denied without a signature to verify.
    const headers = Array.from({ length: 250 }, (_, at) =>
      at % 5 === 0 ? 'Bearer x' : `Bearer ${realm.token({ jti: `token-${at % 9}` })}`,
    )
    const ask = async (count: number) => {
      for (let sent = 0; sent < count; sent += headers.length) await codesOf(running, headers)
      app.told.length = 0
    }
    await ask(size / 5)
    const before = heapUsed()
    await ask((size * 4) / 5)
    const grownBy = heapUsed() - before
    assert.ok(grownBy < 4_000_000, `The heap has grown by ${grownBy} bytes, which is ${Math.round(grownBy / size)} for each request`)
  })
}

async function codeOf({ guard }: TestRealm, header: string): Promise<string> {
  const verdict = await guard.authorize({ rawHeaders: ['Authorization', header.trim()], params: {} }, {})
  return verdict.allowed ? 'allowed' : verdict.code
}

async function codesOf(running: RunningApp, headers: readonly string[]): Promise<string[]> {
  const bodies =
    running.port === undefined
      ? await Promise.all(headers.map((header) => bodyOf(running, header)))
      : await sendPipelined(
          running.port,
          headers.map((header) => ['GET /v1/me HTTP/1.1', `Authorization: ${header}`]),
        )
  return bodies.map((body) => (body.includes('"allowed":true') ? 'allowed' : (/\/problems\/([a-z-]+)"/.exec(body)?.[1] ?? body)))
}

async function bodyOf(running: RunningApp, authorization: string): Promise<string> {
  const response = await running.send(new Request('http://api.example.com/v1/me', { headers: { authorization } }))
  return response.text()
}

let collect: (() => void) | undefined

function heapUsed(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
