// A remote guard that holds a connection to the feed: what it reads again, and what it does while the feed is cut.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntitlementChange } from '@countersign/protocol'
import { aGuardWithFeed, until } from './feed-server.fixture.ts'
import { aSigningKey, clientId, organizationId } from './guard.fixture.ts'
import { anId } from './remote-entitlements.fixture.ts'

const limit = { timeout: 10_000 }
const jwks = 'protocol/openid-connect/certs'
const ofClient = (id: string) => `v1/entitlement?client_id=${id}`

test(
  'after the first decision it connects where the first answer ended, and asks for nothing more while events arrive',
  limit,
  async (t) => {
    const { clock, codeOf, connected, server, tell } = await aGuardWithFeed(t)
    assert.equal(await codeOf(), undefined)
    await connected()
    assert.deepEqual(server.requests().toSorted(), ['feed', jwks, ofClient(clientId), 'v1/changes'].toSorted())
    assert.equal(server.feedHeaders[0]?.['last-event-id'], '1 state-1')
    for (let beat = 0; beat < 100; beat++) {
      clock.advance(2.5)
      server.realm.change('rights', anId(9))
      await tell()
      assert.equal(await codeOf(), undefined, `at beat ${beat}`)
    }
    assert.deepEqual(
      server.requests().filter((path) => path !== jwks),
      [],
    )
  },
)

const ownClient = ofClient(clientId)
const kinds: [change: Partial<EntitlementChange>, read: string[]][] = [
  [{ what: 'rights', organizationId }, [ownClient]],
  [{ what: 'client', organizationId, clientId }, [ownClient]],
  [{ what: 'token', organizationId, clientId }, [ownClient]],
  [{ what: 'client', organizationId: anId(9), clientId: 'client-9' }, []],
  [{ what: 'keys' }, [jwks]],
  [{ what: 'any' }, [ownClient, ofClient('client-1'), jwks]],
]
for (const [{ what = '', organizationId: organization = null, clientId: client = null }, read] of kinds)
  test(
    `after an event about ${what} of ${client ?? organization ?? 'the realm'}, exactly what it names is read again`,
    limit,
    async (t) => {
      const { codeOf, connected, server, tell } = await aGuardWithFeed(t)
      const decide = async () => [await codeOf(), await codeOf({ client_id: 'client-1', azp: 'client-1' })]
      await decide()
      await connected()
      server.requests()
      server.realm.change(what, organization, client)
      await tell()
      for (let time = 0; time < 3; time++) assert.deepEqual(await decide(), [undefined, undefined])
      await until(() => read.length === 0 || server.asked.length >= read.length)
      assert.deepEqual(server.requests().toSorted(), read.toSorted())
    },
  )

test(
  'abuse 135: a key that an event names is refused at once and for good, also while the key set cannot be had or still has it',
  limit,
  async (t) => {
    const { codeOf, codeOfToken, clock, connected, key, server, sign, tell } = await aGuardWithFeed(t)
    const other = aSigningKey('ES256', 'key-2')
    server.publish(key, other)
    const token = sign()
    assert.deepEqual([await codeOfToken(token), await codeOf({}, other)], [undefined, undefined])
    await connected()
    server.realm.compromise('key-1')
    await tell()
    for (let hour = 0; hour < 3; hour++) {
      assert.deepEqual([await codeOfToken(token), await codeOf(), await codeOf({}, other)], ['invalid-token', 'invalid-token', undefined])
      clock.advance(3600)
      await tell()
    }
  },
)
