// RFC 9457: the problem documents of the sample APIs and of the server's own APIs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterSignature, bearer, callApi, mediaTypeOf, metadataOf, readJson, target, tokenOf } from './target.fixture.ts'

/** An error of every kind that requires no change of state. */
const failures: Record<string, () => Promise<Response>> = {
  'missing-token': () => callApi('novatrade24', '/v1/me'),
  'malformed-authorization': () => callApi('novatrade24', '/v1/me', { headers: { authorization: 'Bearer' } }),
  'invalid-token': async () => callApi('ptv', '/routes', { headers: bearer(alterSignature(await tokenOf('ptv'))) }),
  'dpa-missing': async () => callOrders('delta'),
  'dpa-outdated': async () => callOrders('cobalt'),
  'insufficient-scope': async () =>
    callApi('nxtsoft', '/transactions/mock', { method: 'POST', headers: bearer(await tokenOf('nxtsoft', 'guard')) }),
  'partner-not-authorized': async () => callOrders('acme'),
  'requestor-id-missing': async () => callApi('partner-api', '/customers/1', { headers: bearer(await tokenOf('partner-api')) }),
  'missing-token at the server': () => fetch(`${target.serverUrl}/v1/me`),
  'not-found': () => fetch(`${target.serverUrl}/no/such/path`),
  'not-found as a page of the catalogue': () => fetch(`${target.serverUrl}/problems/no-such-problem`),
  'method-not-allowed': async () => fetch((await metadataOf('ptv')).jwks_uri, { method: 'POST' }),
}

async function callOrders(slug: string): Promise<Response> {
  const headers = bearer(await tokenOf('novatrade24', slug))
  return callApi('novatrade24', `/v1/partners/${crypto.randomUUID()}/orders`, { headers })
}

for (const [what, request] of Object.entries(failures)) {
  test(`RFC 9457 §3: ${what} is a problem document`, async () => {
    const response = await request()
    assert.equal(mediaTypeOf(response), 'application/problem+json')
    const { title, detail, remedy } = await readJson(response)
    for (const text of [title, detail, remedy]) assert.match(String(text), /\w/)
  })

  test(`RFC 9457 §3.1.1: the type of ${what} is a page for people, and a JSON document with the same content for programs`, async () => {
    const { type, title, status } = await readJson(await request())
    const page = await fetch(String(type), { headers: { accept: 'text/html' } })
    assert.equal(mediaTypeOf(page), 'text/html')
    assert.ok((await page.text()).includes(`<h1>${String(title)}</h1>`))
    const document = await fetch(String(type), { headers: { accept: 'application/json' } })
    assert.equal(mediaTypeOf(document), 'application/json')
    const said = await readJson(document)
    assert.deepEqual([said['type'], said['title'], said['status']], [type, title, status])
  })

  test(`RFC 9457 §3.1.2: the status in ${what} is that of the response`, async () => {
    const response = await request()
    assert.equal((await readJson(response))['status'], response.status)
  })

  test(`RFC 9457 §3.1.5: the instance of ${what} is a different URI each time`, async () => {
    const instances = [await request(), await request()].map(async (response) => String((await readJson(response))['instance']))
    const [first = '', second = ''] = await Promise.all(instances)
    assert.ok(URL.canParse(first))
    assert.notEqual(first, second)
  })
}

test('RFC 9457 §3.1.5: the instance contains the request id of the response header', async () => {
  const response = await fetch(`${target.serverUrl}/no/such/path`)
  const { instance } = await readJson(response)
  assert.equal(instance, `urn:request:${response.headers.get('x-request-id')}`)
})

test('RFC 9457 §5: a problem contains no part of the token', async () => {
  const token = alterSignature(await tokenOf('novatrade24'))
  const body = await (await callApi('novatrade24', '/v1/me', { headers: bearer(token) })).text()
  for (const part of token.split('.')) assert.ok(!body.includes(part))
})
