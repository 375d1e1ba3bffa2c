// RFC 7519 §4.1 and §7.2: the claims of the tokens of each realm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeToken, fromBase64url, newTokenOf, systemNames, systemOf, tokenOf, type SystemName } from './target.fixture.ts'

const audiences: Record<SystemName, string | undefined> = {
  novatrade24: 'nt24-integration-api',
  'partner-api': 'partner-api',
  ptv: 'ptv-api',
  nxtsoft: undefined, // Cognito's tokens have no audience; seed 004 shows one of them.
}

for (const name of systemNames) {
  test(`RFC 7519 §4: no claim of a token of ${name} occurs twice`, async () => {
    const [, payload = ''] = (await tokenOf(name)).split('.')
    const json = new TextDecoder().decode(fromBase64url(payload))
    const names = [...json.matchAll(/[{,]"([^"]+)":/g)].map(([, claim]) => claim)
    assert.deepEqual(names, Object.keys(JSON.parse(json)))
  })

  test(`RFC 7519 §4.1.1: the issuer of a token of ${name} is that of its realm`, async () => {
    assert.equal(decodeToken(await tokenOf(name)).claims['iss'], systemOf(name).issuer)
  })

  test(`RFC 7519 §4.1.2: the subject of a token of ${name} is its client, the same in every token`, async () => {
    const subjects = [await tokenOf(name), await newTokenOf(name), await tokenOf(name, 'guard')].map(
      (token) => decodeToken(token).claims['sub'],
    )
    assert.equal(typeof subjects[0], 'string')
    assert.equal(subjects[0], subjects[1])
    assert.notEqual(subjects[0], subjects[2])
  })

  test(`RFC 7519 §4.1.3: the audience of a token of ${name} is ${audiences[name] ?? 'omitted'}`, async () => {
    assert.equal(decodeToken(await tokenOf(name)).claims['aud'], audiences[name])
  })

  test(`RFC 7519 §4.1.4: a token of ${name} has an issue time of now and a later expiry, in whole seconds`, async () => {
    const { iat, exp } = decodeToken(await tokenOf(name)).claims
    assert.ok(Number.isInteger(iat) && Number.isInteger(exp))
    assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 60)
    assert.ok(Number(exp) > Number(iat))
  })

  test(`RFC 7519 §4.1.7: no two tokens of ${name} have the same id`, async () => {
    const ids = [await tokenOf(name), await newTokenOf(name)].map((token) => decodeToken(token).claims['jti'])
    assert.ok(ids.every((id) => typeof id === 'string' && id !== ''))
    assert.notEqual(ids[0], ids[1])
  })

  test(`RFC 7519 §7.2: header and claims of a token of ${name} are JSON objects`, async () => {
    const { header, claims } = decodeToken(await tokenOf(name))
    assert.equal(Object.getPrototypeOf(header), Object.prototype)
    assert.equal(Object.getPrototypeOf(claims), Object.prototype)
  })
}
