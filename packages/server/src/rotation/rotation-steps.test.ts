import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { nodes } from '../../test/store/test-store.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const [minute, day] = [60_000, 86_400_000]

/** A client, and the operations of these tests on it. */
async function given(server: TestServer, client: Parameters<TestServer['aClient']>[1] = {}) {
  const acme = await server.aClient(realm, client)
  const params = { realm, client: acme.clientId }
  const get = async (secret: string) => (await server.requestToken(realm, tokenRequest({ ...acme, clientSecret: secret }))).statusCode
  return {
    ...server,
    acme,
    params,
    /** The status of a token request with a secret. */
    get,
    tokenBy: (clientSecret: string) => server.tokenOf(realm, { clientId: acme.clientId, clientSecret }),
    start: async (body: OperationInput<'rotation.start'>['body'] = {}) => {
      const started = await server.admin('rotation.start', { params, body })
      return { ...started, clientSecret: started.clientSecret! }
    },
    status: () => server.admin('rotation.get', { params }),
    confirm: (body: OperationInput<'rotation.confirm'>['body'] = {}) => server.requestAdmin('rotation.confirm', { params, body }),
    cancel: () => server.requestAdmin('rotation.cancel', { params }),
    /** Uses a secret so that the use is recorded. */
    use: async (secret: string) => {
      assert.equal(await get(secret), 200)
      await server.upkeep.writeUsage()
    },
    rows: () =>
      server.database.query('select * from credentials where client in (select id from clients where client_id = ?)', acme.clientId),
    kinds: async () => {
      const rotations = `client_id = ? and (kind like 'rotation.%' or kind like 'secrets.%')`
      const events = await server.database.query(`select kind from audit_events where ${rotations} order by at, id`, acme.clientId)
      return events.map(({ kind }) => kind)
    },
    /** The details of the client's audit events of a kind. */
    details: async (kind: string) => {
      const ofClient = 'select detail from audit_events where client_id = ? and kind = ?'
      const events = await server.database.query<{ detail: string }>(ofClient, acme.clientId, kind)
      return events.map(({ detail }) => JSON.parse(detail))
    },
    me: async (token: string) => await server.request({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } }),
  }
}

/** A rotation whose new secret is proven, after an instance on the old secret got a token. */
async function overlapping(server: TestServer, accessTokenLifetime: number | null = null) {
  const client = await given(server, { accessTokenLifetime })
  const { clientSecret } = await client.start()
  await client.use(clientSecret)
  await client.use(client.acme.clientSecret)
  return { ...client, clientSecret, setLifetime: (seconds: number | null) => setLifetime(client, seconds) }
}

function setLifetime({ admin, params }: Awaited<ReturnType<typeof given>>, accessTokenLifetime: number | null) {
  return admin('clients.update', { params, body: { accessTokenLifetime } })
}

const codeOf = (response: { json(): { type: string } }) => response.json().type.split('/').at(-1)

suite('the steps of a rotation', () => {
  const shared = shareTestServer()

  test('abuse 193: a rotation goes from stable to issued, overlapping and stable again, with evidence at every step', async () => {
    const { acme, start, use, status, confirm, clock, kinds, get } = await given(shared())
    await use(acme.clientSecret)
    const started = await start()
    assert.deepEqual([started.state, started.ended, started.secrets.map(({ state }) => state)], ['issued', null, ['new', 'old']])
    assert.equal(started.windowEndsAt, new Date(clock.now() + 7 * day).toISOString())
    clock.advance(10 * minute)
    await use(started.clientSecret)
    const overlapping = await status()
    assert.deepEqual([overlapping.state, overlapping.secrets[0]?.firstUsedAt], ['overlapping', new Date(clock.now()).toISOString()])
    clock.advance(1)
    const confirmed = await confirm()
    assert.deepEqual([confirmed.statusCode, confirmed.json().state, confirmed.json().secrets.length], [200, 'stable', 1])
    assert.deepEqual([await get(started.clientSecret), await get(acme.clientSecret)], [200, 401])
    assert.deepEqual(await kinds(), ['rotation.start', 'rotation.prove', 'rotation.confirm'])
  })

  test('abuse 188: both secrets are valid for the whole window, and the old one fails from the instant of its end', async () => {
    const { acme, start, get, clock } = await given(shared())
    const { clientSecret } = await start({ window: 3600 })
    clock.advance(60 * minute - 1)
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [200, 200])
    clock.advance(1)
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [401, 200])
  })

  test('abuse 189: the old secret has an end from the start, and the error for an extension names its bound', async () => {
    const { start, requestAdmin, params, clock } = await given(shared())
    clock.advance(minute)
    const started = await start()
    assert.equal(started.secrets[1]?.expiresAt, started.windowEndsAt)
    clock.advance(day)
    const extended = await requestAdmin('rotation.extend', { params, body: { window: 29 * 86_400 } })
    assert.equal(extended.json().windowEndsAt, started.maxWindowEndsAt)
    const tooFar = await requestAdmin('rotation.extend', { params, body: { window: 30 * 86_400 } })
    assert.deepEqual([tooFar.statusCode, tooFar.json().errors[0].pointer], [400, '/window'])
    assert.match(tooFar.json().detail, new RegExp(started.maxWindowEndsAt!))
  })

  test('abuse 190: a second rotation is denied; if it is forced, the unused secret ends and the response names it', async () => {
    const { acme, start, use, requestAdmin, params, rows, get, clock } = await given(shared())
    const first = await start()
    assert.equal(codeOf(await requestAdmin('rotation.start', { params, body: {} })), 'rotation-in-progress')
    const second = await start({ force: true })
    assert.deepEqual([second.ended?.id, second.ended?.state], [first.secrets[0]?.id, 'new'])
    await use(second.clientSecret)
    clock.advance(10 * minute)
    const third = await start({ force: true })
    assert.deepEqual([third.ended?.id, third.ended?.state], [first.secrets[1]?.id, 'old'])
    assert.equal((await rows()).length, 2)
    const good = await Promise.all([acme, first, second, third].map(({ clientSecret }) => get(clientSecret)))
    assert.deepEqual(good, [401, 401, 200, 200])
  })

  test('abuse 190: even a forced start does not end an old secret in use for a third one', async () => {
    const { acme, start, use, requestAdmin, params } = await given(shared())
    await use((await start()).clientSecret)
    await use(acme.clientSecret)
    assert.equal(codeOf(await requestAdmin('rotation.start', { params, body: { force: true } })), 'old-secret-in-use')
  })

  test('abuse 191: of ten concurrent rotations one makes a secret and the others are denied', async () => {
    const { requestAdmin, params, rows } = await given(shared())
    const answers = await Promise.all(Array.from({ length: 10 }, () => requestAdmin('rotation.start', { params, body: {} })))
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array.from({ length: 9 }, () => 409)])
    assert.equal((await rows()).length, 2)
  })

  test('abuse 191: a start repeated with its Idempotency-Key gets the same response, without the secret', async () => {
    const { request, tokenOf, operator, params, rows } = await given(shared())
    const token = await tokenOf('operators', operator)
    const start = () =>
      request({
        method: 'POST',
        url: `/admin/v1/realms/${realm}/clients/${params.client}/secret-rotation`,
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'start-1' },
        payload: {},
      })
    const [first, again] = [await start(), await start()]
    assert.deepEqual([first.statusCode, again.statusCode, (await rows()).length], [201, 201, 2])
    assert.deepEqual(again.json(), { ...first.json(), clientSecret: null })
  })

  test('abuse 192: a revoked secret is denied at once, the other one stays and loses its end', async () => {
    const { acme, start, admin, params, get, status } = await given(shared())
    const { clientSecret, secrets } = await start()
    await admin('secrets.revoke', { params: { ...params, secret: secrets[0]!.id }, body: { reason: 'leaked' } })
    assert.deepEqual([await get(clientSecret), await get(acme.clientSecret)], [401, 200])
    const { state, secrets: left } = await status()
    assert.deepEqual([state, left.map(({ id, expiresAt }) => [id, expiresAt])], ['stable', [[secrets[1]!.id, null]]])
  })

  test('abuse 192: tokens are cut with a secret, and tokens requested afterwards are valid', async () => {
    const { acme, start, admin, params, tokenBy, me, clock } = await given(shared())
    const { clientSecret, secrets } = await start()
    clock.advance(1900 - (clock.now() % 1000)) // The cut is late in a second.
    const cut = await tokenBy(acme.clientSecret)
    assert.equal((await me(cut)).statusCode, 200)
    await admin('secrets.revoke', { params: { ...params, secret: secrets[1]!.id }, body: { reason: 'leaked' } })
    assert.equal((await me(cut)).statusCode, 401)
    const later = await tokenBy(clientSecret) // The token is dated to the cut.
    assert.equal((await me(later)).statusCode, 200)
    clock.advance(100)
    assert.equal((await me(later)).statusCode, 200)
    assert.equal((await me(cut)).statusCode, 401)
  })

  test('tokens are kept if the operator says that they are good', async () => {
    const { acme, admin, params, status, tokenBy, me } = await given(shared())
    const token = await tokenBy(acme.clientSecret)
    const [secret] = (await status()).secrets
    await admin('secrets.revoke', { params: { ...params, secret: secret!.id }, body: { reason: 'unused', cutTokens: false } })
    assert.equal((await me(token)).statusCode, 200)
  })

  test('a client whose only secret was revoked gets tokens again with the secret of a rotation', async () => {
    const { status, admin, params, start, get } = await given(shared())
    const [secret] = (await status()).secrets
    const revoked = await admin('secrets.revoke', { params: { ...params, secret: secret!.id }, body: { reason: 'leaked' } })
    assert.deepEqual([revoked.state, revoked.secrets, revoked.due.isDue], ['stable', [], true])
    const started = await start()
    assert.deepEqual([started.state, started.secrets.length, await get(started.clientSecret)], ['stable', 1, 200])
  })

  test('the error for the revocation of an unknown secret names it', async () => {
    const { requestAdmin, params } = await given(shared())
    const secret = '00000000-0000-4000-8000-000000000000'
    const response = await requestAdmin('secrets.revoke', { params: { ...params, secret }, body: { reason: 'leaked' } })
    assert.deepEqual([response.statusCode, response.json().detail.includes(secret)], [404, true])
  })

  test('a confirmation is denied while the old secret is in use, also by uses that are not written yet', async () => {
    const { acme, start, use, get, confirm, clock, upkeep } = await given(shared())
    await use((await start()).clientSecret)
    clock.advance(10 * minute)
    await get(acme.clientSecret)
    if (nodes > 1) await upkeep.writeUsage() // A node does not know the unwritten uses of another.
    const refused = await confirm()
    assert.deepEqual([refused.statusCode, codeOf(refused)], [409, 'old-secret-in-use'])
    const confirmableAt = new Date(clock.now() + 6 * minute).toISOString()
    assert.ok(refused.json().detail.includes(`from ${confirmableAt} (confirmableAt)`), refused.json().detail)
    clock.advance(6 * minute)
    assert.equal((await confirm()).statusCode, 200)
  })

  for (const [lifetime, minutes] of [
    [null, 6],
    [3600, 61],
    [86_400, 1441],
  ] as const) {
    test(`fault 1.3: with tokens of ${lifetime ?? 'the realm, 300'} s, an instance that authenticates once per lifetime does so within ${minutes} min`, async () => {
      const { status, confirm, clock } = await overlapping(shared(), lifetime)
      assert.equal((await status()).confirmableAt, new Date(clock.now() + minutes * minute).toISOString())
      clock.advance(minutes * minute - 1)
      assert.equal(codeOf(await confirm()), 'old-secret-in-use')
      clock.advance(1)
      assert.equal((await confirm()).statusCode, 200)
    })
  }

  test('fault 1.3: a lifetime that was just shortened applies until the tokens issued with it expire', async () => {
    const { acme, use, confirm, clock, setLifetime, status } = await overlapping(shared(), 3600)
    const [end] = [new Date(clock.now() + 61 * minute).toISOString()]
    await setLifetime(60)
    clock.advance(minute)
    await use(acme.clientSecret) // Another instance, whose token is valid for a minute.
    clock.advance(30 * minute)
    assert.deepEqual([codeOf(await confirm()), (await status()).confirmableAt], ['old-secret-in-use', end])
    clock.advance(30 * minute)
    assert.equal((await confirm()).statusCode, 200)
  })

  test('fault 1.3: a longer lifetime applies from then on', async () => {
    const { confirm, clock, setLifetime } = await overlapping(shared(), 60)
    await setLifetime(3600)
    clock.advance(60 * minute)
    assert.equal(codeOf(await confirm()), 'old-secret-in-use')
  })

  test('fault 1.3: of uses written in any order the last one counts, and the token that expires last', async () => {
    const { acme, get, database, upkeep, clock, status } = await overlapping(shared(), 3600)
    const old = (await status()).secrets[1]!.id
    const written = async () => {
      const [row] = await database.query('select last_used_at, tokens_end_at from credentials where id = ?', old)
      return Object.values(row!).map((at) => Number(at) - clock.now())
    }
    await get(acme.clientSecret)
    // Another node has meanwhile written a later use, of a token that expires earlier.
    const other = 'update credentials set last_used_at = ?, tokens_end_at = ? where id = ?'
    await database.query(other, clock.now() + 10, clock.now() + minute, old)
    await upkeep.writeUsage()
    assert.deepEqual(await written(), [10, 60 * minute])
    await database.query(other, clock.now() - 10, clock.now() + 90 * minute, old)
    await get(acme.clientSecret)
    await upkeep.writeUsage()
    assert.deepEqual(await written(), [0, 90 * minute])
  })

  test('fault 1.3: the same quiet period holds for the new secret, so a cancellation does not cut off a client either', async () => {
    const { cancel, clock } = await overlapping(shared(), 3600)
    clock.advance(60 * minute)
    assert.equal(codeOf(await cancel()), 'new-secret-in-use')
    clock.advance(minute)
    assert.equal((await cancel()).statusCode, 200)
  })

  test('fault 1.3: a forced start needs the same evidence to end an old secret', async () => {
    const { requestAdmin, params, clock } = await overlapping(shared(), 3600)
    const force = () => requestAdmin('rotation.start', { params, body: { force: true } })
    clock.advance(60 * minute)
    assert.equal(codeOf(await force()), 'old-secret-in-use')
    clock.advance(minute)
    assert.equal((await force()).statusCode, 201)
  })

  test('a confirmation before the first use of the new secret is denied; if it is forced, the audit log has the reason', async () => {
    const { acme, start, confirm, get, details } = await given(shared())
    const { clientSecret } = await start()
    assert.equal(codeOf(await confirm()), 'new-secret-unproven')
    assert.equal((await confirm({ force: true, reason: 'the old one leaked' })).statusCode, 200)
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [401, 200])
    assert.equal((await details('rotation.confirm'))[0].reason, 'the old one leaked')
  })

  test('a cancelled rotation ends the new secret, and the old one keeps its earlier expiry', async () => {
    const secretExpiresAt = new Date(shared().clock.now() + 45 * day).toISOString()
    const { acme, start, cancel, get, status } = await given(shared(), { secretExpiresAt })
    const { clientSecret } = await start()
    assert.equal((await cancel()).statusCode, 200)
    assert.deepEqual([await get(clientSecret), await get(acme.clientSecret)], [401, 200])
    assert.equal((await status()).secrets[0]?.expiresAt, secretExpiresAt)
  })

  test('the successor of a secret with an expiry gets the same lifetime', async () => {
    const secretExpiresAt = new Date(shared().clock.now() + 45 * day).toISOString()
    const { start, clock, status } = await given(shared(), { secretExpiresAt })
    clock.advance(day)
    await start()
    const [fresh, old] = (await status()).secrets
    const lifetime = Date.parse(secretExpiresAt) - Date.parse(old!.createdAt)
    assert.equal(Date.parse(fresh!.expiresAt!) - Date.parse(fresh!.createdAt), lifetime)
  })

  test('a rotation whose new secret is in use cannot be cancelled', async () => {
    const { start, use, cancel, clock } = await given(shared())
    await use((await start()).clientSecret)
    assert.equal(codeOf(await cancel()), 'new-secret-in-use')
    clock.advance(6 * minute)
    assert.equal((await cancel()).statusCode, 200)
  })

  test('tokens survive every step: one issued by the old secret is valid after the confirmation', async () => {
    const { acme, start, tokenBy, confirm, me } = await given(shared())
    const byOld = await tokenBy(acme.clientSecret)
    const { clientSecret } = await start()
    assert.equal((await me(byOld)).statusCode, 200)
    const byNew = await tokenBy(clientSecret)
    assert.equal((await confirm({ force: true, reason: 'now' })).statusCode, 200)
    assert.deepEqual([(await me(byOld)).statusCode, (await me(byNew)).statusCode], [200, 200])
  })

  test('the first use of the new secret is recorded once, by the client itself, and GET /v1/me shows it', async () => {
    const { start, tokenBy, upkeep, me, details } = await given(shared())
    const { clientSecret } = await start()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenBy(clientSecret)))
    await upkeep.writeUsage()
    assert.deepEqual(
      (await details('rotation.prove')).map(({ by }) => by.realm),
      [realm],
    )
    assert.equal((await me(tokens[0]!)).json().client.secret.rotation.state, 'overlapping')
  })

  test('a change to the client leaves both secrets as they are', async () => {
    const { acme, start, admin, params, get, rows } = await given(shared())
    const { clientSecret } = await start()
    const before = await rows()
    await admin('clients.update', { params, body: { name: 'Other', scopes: ['profile'] } })
    assert.deepEqual(await rows(), before)
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [200, 200])
  })

  test('no secret is in the audit log, in the change log or in a second response', async () => {
    const { start, status, database } = await given(shared())
    const { clientSecret } = await start()
    const events = await database.query('select * from audit_events')
    assert.equal(JSON.stringify([events, await status()]).includes(clientSecret), false)
  })
})

test('other uses are written in batches, without an audit event or a change of their own', async () => {
  const { acme, use, status, clock, database } = await given(await startTestServer())
  const changes = () => database.query('select count(*) as count from changes')
  const before = await changes()
  await use(acme.clientSecret)
  const firstUsedAt = new Date(clock.now()).toISOString()
  clock.advance(minute)
  await use(acme.clientSecret)
  const [secret] = (await status()).secrets
  assert.deepEqual([secret?.firstUsedAt, secret?.lastUsedAt], [firstUsedAt, new Date(clock.now()).toISOString()])
  assert.deepEqual(await changes(), before)
})
