// A client with a key at the server under test: registered by the operator of the target, and deleted after the test.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { after } from 'node:test'
import { basic, postForm, readJson, systemOf, target, type Json, type SystemName } from './target.fixture.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The parameters by which a client of this system authenticates with its key; an assertion is for one request. */
export async function assertionOf(name: SystemName): Promise<Record<string, string>> {
  const clientId = await createClient(name)
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: systemOf(name).issuer, jti: randomUUID(), iat: now, exp: now + 60 }
  const signed = [{ alg: 'ES256', typ: 'client-authentication+jwt' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${signed}.${signature}`,
  }
}

async function createClient(name: SystemName): Promise<string> {
  const realms = (await ask('GET', '/realms'))['items'] as { name: string; issuer: string }[]
  const realm = realms.find(({ issuer }) => issuer === systemOf(name).issuer)?.name
  assert.ok(realm !== undefined, `The target has no realm of "${name}"`)
  const body = { organization: 'acme', name: 'Conformance of keys', key: publicKey.export({ format: 'jwk' }) }
  const named = name === 'nxtsoft' ? body : { ...body, clientId: `conformance-${randomUUID()}` }
  const { clientId } = (await ask('POST', `/realms/${realm}/clients`, named))['client'] as { clientId: string }
  after(() => ask('DELETE', `/realms/${realm}/clients/${clientId}`))
  return clientId
}

let token: Promise<string> | undefined

async function ask(method: string, path: string, body?: object): Promise<Json> {
  token ??= postForm(target.operator.tokenUrl, { grant_type: 'client_credentials' }, { authorization: basic(target.operator) })
    .then(readJson)
    .then(({ access_token }) => String(access_token))
  const headers = { authorization: `Bearer ${await token}`, ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(`${target.serverUrl}/admin/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  assert.ok(response.ok, await response.clone().text())
  return readJson(response)
}
