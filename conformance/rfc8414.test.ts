// RFC 8414 and OpenID Connect Discovery §4: the metadata that each realm publishes, and whether it is true.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertionOf } from './key-client.fixture.ts'
import {
  basic,
  clientOf,
  mediaTypeOf,
  metadataOf,
  postForm,
  readJson,
  systemNames,
  systemOf,
  target,
  type SystemName,
} from './target.fixture.ts'

/** Section 3.1: the well-known part is inserted between host and path of the issuer. */
function metadataUrl(name: SystemName): string {
  const { origin, pathname } = new URL(systemOf(name).issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
}

for (const name of systemNames) {
  const { issuer, tokenUrl } = systemOf(name)

  test(`RFC 8414 §2: ${name} publishes its token endpoint and all required metadata`, async () => {
    const metadata = await readJson(await fetch(metadataUrl(name)))
    assert.equal(metadata['token_endpoint'], tokenUrl)
    assert.ok(Array.isArray(metadata['response_types_supported']))
    assert.deepEqual(metadata['grant_types_supported'], ['client_credentials'])
  })

  test(`RFC 8414 §2: the issuer of ${name} has neither query nor fragment`, () => {
    const { search, hash } = new URL(issuer)
    assert.equal(search + hash, '')
  })

  test(`RFC 8414 §3.2: the metadata of ${name} is JSON`, async () => {
    const response = await fetch(metadataUrl(name))
    assert.equal(response.status, 200)
    assert.equal(mediaTypeOf(response), 'application/json')
  })

  test(`RFC 8414 §3.2: ${name} omits empty lists`, async () => {
    const metadata = await readJson(await fetch(metadataUrl(name)))
    const empty = Object.keys(metadata).filter((member) => (metadata[member] as unknown[]).length === 0)
    assert.deepEqual(empty, [])
  })

  test(`RFC 8414 §3.3: the issuer in the metadata of ${name} is the requested one`, async () => {
    assert.equal((await readJson(await fetch(metadataUrl(name))))['issuer'], issuer)
  })

  test(`RFC 8414 §2: the jwks_uri of ${name} returns keys`, async () => {
    assert.equal((await fetch((await metadataOf(name)).jwks_uri)).status, 200)
  })

  for (const endpoint of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint'] as const) {
    test(`RFC 8414 §2: the ${endpoint} of ${name} accepts each published authentication method`, async () => {
      const metadata = await metadataOf(name)
      const methods = metadata[`${endpoint}_auth_methods_supported`] as (keyof typeof authentications)[]
      assert.deepEqual(methods.toSorted(), Object.keys(authentications).toSorted())
      for (const method of methods) {
        const { form, headers } = await authentications[method](name)
        // Each parameter is required by one of the endpoints; the others ignore it.
        const response = await postForm(metadata[endpoint], { grant_type: 'client_credentials', token: 'unknown', ...form }, headers)
        assert.equal(response.status, 200)
      }
    })
  }

  test(`RFC 8414 §2: the service_documentation of ${name} is a page`, async () => {
    const response = await fetch(String((await metadataOf(name))['service_documentation']), { headers: { accept: 'text/html' } })
    assert.equal(response.status, 200)
    assert.equal(mediaTypeOf(response), 'text/html')
  })

  test(`OpenID Connect Discovery §4: ${name} also publishes its metadata at the issuer followed by the well-known part`, async () => {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`)
    assert.equal(response.status, 200)
    assert.equal(mediaTypeOf(response), 'application/json')
    assert.equal((await readJson(response))['issuer'], issuer)
  })

  test(`OpenID Connect Discovery §4: both documents of ${name} are equal`, async () => {
    assert.deepEqual(await metadataOf(name), await readJson(await fetch(metadataUrl(name))))
  })
}

const authentications = {
  client_secret_basic: (name: SystemName) => ({ form: {}, headers: { authorization: basic(clientOf(name)) } }),
  client_secret_post: (name: SystemName) => {
    const { clientId, clientSecret } = clientOf(name)
    return { form: { client_id: clientId, client_secret: clientSecret }, headers: {} }
  },
  private_key_jwt: async (name: SystemName) => ({ form: await assertionOf(name), headers: {} }),
}

test('RFC 8414 §3: an issuer that does not exist has no metadata', async () => {
  assert.equal((await fetch(`${target.serverUrl}/.well-known/oauth-authorization-server/realms/nowhere`)).status, 404)
})
