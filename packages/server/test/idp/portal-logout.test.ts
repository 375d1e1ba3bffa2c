// The sign-out of an organization's people by its identity provider, which the organization has chosen and which may be hostile.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { shareTestServer } from '../test-server.fixture.ts'
import { signInAtIdp, type PlaceOfIdp } from './idp-browser.fixture.ts'
import { anOrganizationWithIdp, withOrganizationIdps } from './organization-idp.fixture.ts'
import { startSmallIdp } from './small-idp.fixture.ts'

const idp = await startSmallIdp()
const event = 'http://schemas.openid.net/event/backchannel-logout'
let people = 0

suite('logout by the identity provider of an organization', () => {
  const shared = shareTestServer({ ...withOrganizationIdps, nodes: 1 })

  async function signedIn(place: PlaceOfIdp) {
    idp.person = { sub: `person-${++people}`, groups: ['viewers'] }
    const { page } = await signInAtIdp(shared(), idp, {}, place)
    return { sub: idp.person.sub, status: async () => (await page().session()).statusCode }
  }

  function tokenFor(sub: string): string {
    const at = Math.floor(shared().clock.now() / 1000)
    const claims = { iss: idp.issuer, aud: idp.clientId, iat: at, exp: at + 120, jti: randomUUID(), sub, events: { [event]: {} } }
    return idp.signJwt({ alg: 'ES256', kid: 'k1', typ: 'logout+jwt' }, claims)
  }

  const post = (party: string, token: string, remoteAddress: string) =>
    shared().request({
      method: 'POST',
      url: `/portal/api/oidc/logout${party}`,
      remoteAddress,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ logout_token: token }).toString(),
    })

  test('what one company sends from an address that it shares with others does not hold up their sign-outs', async () => {
    const [hostile, other] = [await anOrganizationWithIdp(shared(), idp), await anOrganizationWithIdp(shared(), idp)]
    const { sub, status } = await signedIn(other.place)
    const address = '192.0.2.1'
    const statuses = new Set<number>()
    for (let sent = 0; sent < 25; sent++) statuses.add((await post(hostile.place.party, 'no token', address)).statusCode)
    assert.deepEqual([...statuses], [400, 429])
    assert.equal((await post(other.place.party, tokenFor(sub), address)).statusCode, 200)
    assert.equal(await status(), 401)
  })

  test('a sign-out while the organization is suspended counts: the session does not come back with it', async () => {
    const { place, params } = await anOrganizationWithIdp(shared(), idp)
    const [gone, stays] = [await signedIn(place), await signedIn(place)]
    await shared().admin('organizations.suspend', { params, body: {} })
    assert.equal((await post(place.party, tokenFor(gone.sub), '192.0.2.4')).statusCode, 200)
    await shared().admin('organizations.resume', { params })
    assert.deepEqual([await gone.status(), await stays.status()], [401, 200])
  })

  test('too many wrong tokens have the same answer for an organization that does not exist', async () => {
    const { place } = await anOrganizationWithIdp(shared(), idp)
    const answers = async (party: string, address: string) => {
      const all: unknown[][] = []
      while (all.length < 25) {
        const answer = await post(party, 'no token', address)
        all.push([answer.statusCode, answer.headers['content-type'], answer.json<{ type: string }>().type])
      }
      return all
    }
    const known = await answers(place.party, '192.0.2.2')
    assert.deepEqual([known[0]?.[0], known.at(-1)?.[0]], [400, 429])
    assert.deepEqual(await answers('/nt24-idp/no-such-organization', '192.0.2.3'), known)
  })
})
