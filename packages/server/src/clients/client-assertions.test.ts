import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { generateClientSecret } from '../keys/secret-format.ts'
import { assertionBy, createKeys, kind, method } from './assertion-method.fixture.ts'

const realm = 'partner-api'
const [keys, strange] = [createKeys(), createKeys()]
const grant = { grant_type: 'client_credentials' }

/** A client with the method and a key. */
async function given(server: TestServer) {
  const aKeyHolder = async (
    named: { slug?: string } = {},
    { material } = keys,
    methods = ['client_secret_post', method],
    expiresAt: number | null = null,
  ) => {
    const client = await server.aClient(realm, named)
    const { database } = server
    await database.query('update clients set authentication_methods = ? where client_id = ?', JSON.stringify(methods), client.clientId)
    const hex = material.toString('hex')
    await database.query(
      `insert into credentials (id, client, kind, origin, material, digest_version, last_four, created_at, expires_at)
        select ?, id, ?, 'imported', ${database.location.startsWith('sqlite:') ? `x'${hex}'` : `decode('${hex}', 'hex')`}, 0, '', 1, ?
        from clients where client_id = ?`,
      randomUUID(),
      kind,
      expiresAt,
      client.clientId,
    )
    return client
  }
  const present = (parameters: Record<string, string>) => server.requestToken(realm, { ...grant, ...parameters })
  const client = await aKeyHolder()
  /** The audit events of the client. */
  const ownEvents = async () => (await server.auditEvents()).filter(({ client_id }) => client_id === client.clientId)
  return {
    ...server,
    client,
    aKeyHolder,
    present,
    ownEvents,
    by: (identifier: string) => assertionBy(keys.privateKey, client.clientId, identifier),
  }
}

suite('clients that authenticate by an assertion', () => {
  const shared = shareTestServer()

  test('RFC 7521 §4.2: an assertion gets a token, and the audit log names the credential that made it', async () => {
    const { present, by, client, ownEvents, tokenOf, upkeep } = await given(shared())
    for (const parameters of [by('1'), { ...by('2'), client_id: client.clientId }]) {
      const response = await present(parameters)
      assert.equal(response.statusCode, 200, response.body)
    }
    const details = (await ownEvents()).map(({ detail }) => JSON.parse(String(detail)))
    assert.deepEqual(
      details.map(({ testKeyId, secretId }) => [typeof testKeyId, typeof secretId]),
      [
        ['string', 'undefined'],
        ['string', 'undefined'],
      ],
    )
    await upkeep.writeUsage()
    await tokenOf(realm, client) // Its secret is as good as before.
  })

  test('an assertion beside a secret is two methods at once', async () => {
    const { present, by, client } = await given(shared())
    const response = await present({ ...tokenRequest(client), ...by('a') })
    assert.deepEqual([response.statusCode, response.json().error], [400, 'invalid_request'])
  })

  test('a key that was removed lets in no more requests', async () => {
    const { present, by, database, applyChange, client } = await given(shared())
    assert.equal((await present(by('a'))).statusCode, 200)
    await applyChange({ kind: 'system', id: 'test', via: 'system', realm } as never, 'clients.update', async (change) => {
      await change.db.deleteFrom('credentials').where('kind', '=', kind).execute()
      const subject = { realm, organizationId: client.organizationId, clientId: client.clientId }
      change.record({ subject, changed: 'client', detail: {} })
    })
    assert.equal((await present(by('b'))).statusCode, 401)
    assert.deepEqual(await database.query('select id from credentials where kind = ?', kind), [])
  })

  test('a key neither starts, cancels nor confirms a rotation of the secret, and its assertion is not used up', async () => {
    const { postForm, request, by, present, ownEvents, clock } = await given(shared())
    const path = '/partner-api/v1/me/secret-rotation'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = new URLSearchParams(by('a')).toString()
    for (const attempt of [
      () => postForm(path, by('a')),
      () => request({ method: 'DELETE', url: path, headers, payload }),
      () => postForm(`${path}/confirm`, by('a')),
    ]) {
      clock.advance(1)
      assert.equal((await attempt()).statusCode, 401)
    }
    assert.deepEqual(
      (await ownEvents()).map(({ kind, reason }) => [kind, reason]),
      ['start', 'cancel', 'confirm'].map((step) => [`rotation.${step}`, 'wrong-credential-kind']),
    )
    assert.equal((await present(by('a'))).statusCode, 200)
  })
})

test('abuse 036: an assertion is denied like a secret, to the byte, and the audit log has the reason', async () => {
  const { present, by, client, aKeyHolder, auditEvents, clock } = await given(await startTestServer())
  const [old, without] = [
    await aKeyHolder({ slug: 'old' }, keys, [method], 1),
    await aKeyHolder({ slug: 'without' }, keys, ['client_secret_post']),
  ]
  const sign = (clientId: string, ...rest: [string, number?]) => assertionBy(keys.privateKey, clientId, ...rest)
  const attempts: [reason: string, parameters: Record<string, string>][] = [
    ['wrong-secret', tokenRequest({ ...client, clientSecret: generateClientSecret() })],
    ['wrong-assertion', assertionBy(strange.privateKey, client.clientId, 'a')],
    ['unknown-client', sign('unknown', 'a')],
    ['expired-credential', sign(old.clientId, 'a')],
    ['expired-assertion', sign(client.clientId, 'a', 1)],
    ['malformed-assertion', { ...by('a'), client_assertion: 'a' }],
    ['client-ids-differ', { ...by('a'), client_id: 'other' }],
    ['method-not-registered', sign(without.clientId, 'a')],
    ['method-not-registered', { ...by('a'), client_assertion_type: 'other' }],
    ['method-not-registered', { client_assertion: 'a' }],
  ]
  const answers = new Set<string>()
  for (const [, parameters] of attempts) {
    clock.advance(1)
    const { statusCode, headers, body } = await present(parameters)
    answers.add(JSON.stringify([statusCode, { ...headers, date: '', 'x-request-id': '' }, body]))
  }
  assert.equal(answers.size, 1, [...answers].join('\n'))
  assert.deepEqual(
    (await auditEvents()).map(({ reason }) => reason),
    attempts.map(([reason]) => reason),
  )
})

test('an assertion is used once, and only by a request that it let in', async () => {
  const { present, by, client, auditEvents } = await given(await startTestServer({ nodes: 1 }))
  await present(assertionBy(strange.privateKey, client.clientId, 'a'))
  const statuses = [(await present(by('a'))).statusCode, (await present(by('a'))).statusCode]
  assert.deepEqual(statuses, [200, 401])
  assert.equal((await auditEvents()).at(-1)?.reason, 'repeated-assertion')
})

test('the key of a client whose organization was read is known without a query', async () => {
  const { present, by, request, database } = await given(await startTestServer({ nodes: 1 }))
  const token = (await present(by('a'))).json().access_token
  const me = await request({ method: 'GET', url: '/partner-api/v1/me', headers: { authorization: `Bearer ${token}` } })
  assert.equal(me.statusCode, 200, me.body)
  await database.query('alter table clients rename to hidden_clients')
  const { statusCode } = await present(by('b'))
  await database.query('alter table hidden_clients rename to clients')
  assert.equal(statusCode, 200)
})
