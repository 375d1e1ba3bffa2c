// RFC 9110: methods, status codes, negotiation and conditional requests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  basic,
  bearer,
  callApi,
  clientOf,
  mediaTypeOf,
  metadataOf,
  postForm,
  readJson,
  sendRaw,
  systemOf,
  target,
  tokenOf,
} from './target.fixture.ts'

const { tokenUrl } = systemOf('partner-api')
const grant = { grant_type: 'client_credentials' }
const credentials = { authorization: basic(clientOf('partner-api')) }

/** The resources that GET can read, with their paths. */
const resources: Record<string, () => Promise<{ url: string; headers?: Record<string, string> }>> = {
  'the key set': async () => ({ url: (await metadataOf('partner-api')).jwks_uri }),
  'the metadata': async () => ({ url: `${systemOf('partner-api').issuer}/.well-known/openid-configuration` }),
  'the catalogue of problems': async () => ({ url: `${target.serverUrl}/problems` }),
  'a page of the catalogue': async () => ({ url: `${target.serverUrl}/problems/invalid-token` }),
  'GET /v1/me': async () => ({ url: `${target.serverUrl}/v1/me`, headers: bearer(await tokenOf('partner-api')) }),
  'a guarded route': async () => ({ url: `${systemOf('ptv').apiUrl}/routes`, headers: bearer(await tokenOf('ptv')) }),
}

for (const [what, find] of Object.entries(resources)) {
  test(`RFC 9110 §9.3.2: HEAD of ${what} returns the header fields of GET, without content`, async () => {
    const { url, headers = {} } = await find()
    const [head, get] = [await fetch(url, { method: 'HEAD', headers }), await fetch(url, { headers })]
    assert.equal(await head.text(), '')
    assert.equal(head.status, get.status)
    assert.deepEqual(fieldsOf(head), fieldsOf(get))
  })
}

/** The fields that describe the resource, not this response or its connection. */
function fieldsOf({ headers }: Response): [string, string][] {
  const passing = new Set(['date', 'x-request-id', 'connection', 'keep-alive'])
  return [...headers].filter(([name]) => !passing.has(name))
}

for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`RFC 9110 §15.5.6: ${method} at the token endpoint is answered with 405 and Allow: POST`, async () => {
    const response = await fetch(tokenUrl, { method })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'POST')
  })
}

for (const method of ['POST', 'PUT', 'DELETE']) {
  test(`RFC 9110 §15.5.6: ${method} at the key set is answered with 405 and Allow: GET, HEAD`, async () => {
    const response = await fetch((await metadataOf('partner-api')).jwks_uri, { method })
    assert.equal(response.status, 405)
    assert.deepEqual(response.headers.get('allow')?.split(', ').toSorted(), ['GET', 'HEAD'])
  })
}

test('RFC 9110 §15.5.5: a path that does not exist is answered with 404, for any method', async () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    assert.equal((await fetch(`${target.serverUrl}/no/such/path`, { method })).status, 404)
  }
})

test('RFC 9110 §15.5.14: a body with too large a Content-Length is rejected before it is sent', async () => {
  const lines = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${1024 ** 3}`]
  assert.equal((await sendRaw('POST', tokenUrl, lines)).status, 413)
})

test('RFC 9110 §15.5.16: a compressed body is answered with 415', async () => {
  assert.equal((await postForm(tokenUrl, grant, { ...credentials, 'content-encoding': 'gzip' })).status, 415)
})

test('RFC 9110 §15.5.16: the response to a compressed body says that no encoding is accepted', async () => {
  const response = await postForm(tokenUrl, grant, { ...credentials, 'content-encoding': 'gzip' })
  assert.equal(response.headers.get('accept-encoding'), 'identity')
})

test('RFC 9110 §5.3: two Content-Type fields are rejected, even if each is valid', async () => {
  const line = 'Content-Type: application/x-www-form-urlencoded'
  const body = new URLSearchParams(grant).toString()
  const lines = [line, line, `Authorization: ${credentials.authorization}`, `Content-Length: ${body.length}`]
  assert.equal((await sendRaw('POST', tokenUrl, lines, body)).status, 400)
})

test('RFC 9110 §5.3: two Authorization fields are rejected, even if each is valid', async () => {
  const line = `Authorization: ${credentials.authorization}`
  const body = new URLSearchParams(grant).toString()
  const lines = [line, line, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`]
  assert.equal((await sendRaw('POST', tokenUrl, lines, body)).status, 401)
})

test('RFC 9110 §11.1: the Basic scheme is case-insensitive', async () => {
  for (const scheme of ['basic', 'BASIC']) {
    const authorization = credentials.authorization.replace('Basic', scheme)
    assert.equal((await postForm(tokenUrl, grant, { authorization })).status, 200)
  }
})

test('RFC 9110 §15.5.2: every 401 has a challenge', async () => {
  const responses = [
    await postForm(tokenUrl, grant),
    await postForm((await metadataOf('partner-api')).introspection_endpoint, { token: 'x' }),
    await callApi('partner-api', '/customers/1'),
    await fetch(`${target.serverUrl}/v1/me`),
  ]
  for (const { status, headers } of responses) {
    assert.equal(status, 401)
    assert.ok(headers.has('www-authenticate'))
  }
})

const preferences = {
  'text/html': 'text/html',
  'application/json': 'application/json',
  '*/*': 'application/json',
  'text/html,application/xhtml+xml,*/*;q=0.8': 'text/html',
  'application/json;q=0.1, text/html': 'text/html',
  'text/html;q=0, */*': 'application/json',
}
for (const [accept, mediaType] of Object.entries(preferences)) {
  test(`RFC 9110 §12.5.1: a page of the catalogue is ${mediaType} for "${accept}"`, async () => {
    const response = await fetch(`${target.serverUrl}/problems/invalid-token`, { headers: { accept } })
    assert.equal(mediaTypeOf(response), mediaType)
  })
}

test('RFC 9110 §12.5.5: a page of the catalogue has Vary: Accept', async () => {
  assert.equal((await fetch(`${target.serverUrl}/problems/invalid-token`)).headers.get('vary')?.toLowerCase(), 'accept')
})

async function readEntitlement(ifNoneMatch?: (etag: string) => string): Promise<Response> {
  const url = `${systemOf('novatrade24').issuer}/v1/organizations/${clientOf('novatrade24').organizationId}/entitlement`
  const headers = bearer(await tokenOf('novatrade24', 'guard'))
  const response = await fetch(url, { headers })
  const etag = response.headers.get('etag')
  if (!ifNoneMatch || etag === null) return response
  return fetch(url, { headers: { ...headers, 'if-none-match': ifNoneMatch(etag) } })
}

test('RFC 9110 §8.8.3: an entitlement has an entity tag', async () => {
  const response = await readEntitlement()
  assert.match(response.headers.get('etag') ?? '', /^"[\x21\x23-\x7E]+"$/)
  assert.ok('organization' in (await readJson(response)))
})

test('RFC 9110 §13.1.2: an unchanged entitlement is answered with 304', async () => {
  const response = await readEntitlement((etag) => etag)
  assert.equal(response.status, 304)
  assert.ok(response.headers.has('etag'))
})

test('RFC 9110 §13.1.2: a changed entitlement is returned in full', async () => {
  assert.equal((await readEntitlement(() => '"another"')).status, 200)
})

const matching: Record<string, (etag: string) => string> = {
  'a list with the tag in it': (etag) => `"another", ${etag}`,
  'the tag marked as weak': (etag) => `W/${etag}`,
  'the tag of anything': () => '*',
}
for (const [what, ifNoneMatch] of Object.entries(matching)) {
  test(`RFC 9110 §13.1.2: If-None-Match accepts ${what}`, async () => {
    assert.equal((await readEntitlement(ifNoneMatch)).status, 304)
  })
}
