// What an operator may do that is limited to realms, or that lives in the realm that it serves, and what it must not be able to do.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import { adminScopes, operations, type AdminScope, type Operation, type OperationName } from '@countersign/admin'
import { decodeJwt } from 'jose'
import { shareTestServer, startTestServer, tokenRequest, type TestServer, untilAnswered } from '../../test/test-server.fixture.ts'

/** The first declares scopes with the names of admin scopes. */
const realms = `
  alpha:
    issuer: /realms/alpha
    tokenEndpoint: /realms/alpha/protocol/openid-connect/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: alpha-api
    scopes: [profile, ${adminScopes.join(', ')}]
    defaultScopes: [profile, ${adminScopes.join(', ')}]
    capabilities: { fast: flag }
  beta:
    issuer: /beta
    tokenEndpoint: /beta/oauth/token
    audience: beta-api
    scopes: [profile]
    defaultScopes: [profile]
  gamma:
    issuer: /gamma
    tokenEndpoint: /gamma/oauth2/token
    tokenProfile: cognito
    signingAlgorithm: ES256
    scopes: [profile]
    defaultScopes: [profile]
  delta:
    issuer: /realms/delta
    tokenEndpoint: /realms/delta/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: delta-api
    scopes: [profile]
    defaultScopes: [profile]
    omitClaims: [client_id, organization_id]
`

interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}
interface Caller extends Credentials {
  readonly home: string
}
interface Input {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

const all: readonly AdminScope[] = adminScopes
let names = 0
const aName = () => `client-${++names}`

function withCallers(server: TestServer) {
  const { admin, request, tokenOf, aClient } = server
  const owner: Caller = { ...server.operator, home: 'operators' }

  /** An operator in the realm of the operators; limited if realms are given. */
  async function anOperator(operatorRealms: string[] | null, scopes: readonly AdminScope[] = all): Promise<Caller> {
    const body = { organization: 'operators', clientId: aName(), name: 'Operator', scopes: [...scopes], operatorRealms }
    const { client, clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    return { home: 'operators', clientId: client.clientId, clientSecret: clientSecret! }
  }

  /** An operator that lives in the realm that it serves, with an organization of its own. */
  async function anOperatorOf(realm: string, operatorScopes: readonly AdminScope[] = all) {
    const client = await aClient(realm)
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { operatorScopes: [...operatorScopes] } })
    return { ...client, home: realm }
  }

  async function send(
    caller: Caller,
    url: string,
    { method = 'GET', body, query, headers }: Input & { method?: Operation['method'] } = {},
  ) {
    const authorization = `Bearer ${await tokenOf(caller.home, caller)}`
    return untilAnswered(() =>
      request({
        method,
        url,
        headers: { authorization, 'if-match': '*', ...headers },
        ...(query && { query: { ...query } }),
        ...(body && { payload: body }),
      }),
    )
  }

  function call(caller: Caller, name: OperationName, input: Input = {}) {
    const { method, path }: Operation = operations[name]
    const url = path.replace(/\{(\w+)\}/g, (_, member: string) => input.params?.[member] ?? 'x')
    return send(caller, url, { ...input, method })
  }

  return { ...server, owner, anOperator, anOperatorOf, call, send }
}

type Response = Awaited<ReturnType<TestServer['request']>>
const codeOf = (response: Response) => response.json<{ type?: string }>().type?.split('/').at(-1)
const outcomeOf = (response: Response) => [response.statusCode, codeOf(response)]
/** All that a caller gets to see, but the id of the request. */
function answerOf({ statusCode, headers, json }: Response) {
  const { instance: _, ...body } = json<Record<string, unknown>>()
  const { 'x-request-id': _id, date: _date, ...rest } = headers
  return { statusCode, headers: rest, body }
}

const rows = Object.entries<Operation>(operations) as [OperationName, Operation][]
const inRealms = rows.filter(([, { path }]) => path.includes('{realm}'))

suite('operators of some realms', () => {
  const shared = shareTestServer({ realms })
  const start = () => withCallers(shared())

  test('a limited operator acts in its realms, and an operator that lives in a realm acts there', async () => {
    const { anOperator, anOperatorOf, call, send } = start()
    for (const caller of [await anOperator(['alpha', 'beta']), await anOperatorOf('alpha')]) {
      const params = { realm: 'alpha' }
      const body = { organization: aName(), name: 'Backend', clientId: aName() }
      const organization = { slug: body.organization, name: 'Acme' }
      assert.equal((await call(caller, 'organizations.create', { params, body: organization })).statusCode, 201)
      const ofOrganization = { ...params, organization: body.organization }
      assert.equal((await call(caller, 'organizations.update', { params: ofOrganization, body: { name: 'Acme Ltd' } })).statusCode, 200)
      const created = await call(caller, 'clients.create', { params, body })
      assert.equal(created.statusCode, 201)
      const ofClient = { ...params, client: body.clientId }
      assert.equal((await call(caller, 'clients.update', { params: ofClient, body: { name: 'Other' } })).statusCode, 200)
      assert.equal((await call(caller, 'rotation.start', { params: ofClient, body: {} })).statusCode, 201)
      assert.equal((await call(caller, 'clients.list', { params })).statusCode, 200)
      const url = '/admin/realms/alpha/clients'
      const found = await send(caller, url, { query: { clientId: body.clientId } })
      assert.equal(found.json<{ id: string }[]>().length, 1)
      const { id } = found.json<[{ id: string }]>()[0]
      assert.equal((await send(caller, `${url}/${id}/client-secret`, { method: 'POST' })).statusCode, 409, 'a rotation is in progress')
      assert.equal((await call(caller, 'clients.delete', { params: ofClient })).statusCode, 200)
    }
  })

  test('the scopes of an operator that lives in a realm are those of its row, whatever its token says', async () => {
    const { anOperatorOf, call } = start()
    for (const realm of ['alpha', 'beta', 'gamma']) {
      const caller = await anOperatorOf(realm, ['clients:read'])
      assert.equal((await call(caller, 'clients.list', { params: { realm } })).statusCode, 200, realm)
      const refused = await call(caller, 'organizations.list', { params: { realm } })
      assert.deepEqual(outcomeOf(refused), [403, 'insufficient-scope'], realm)
      assert.match(String(refused.headers['www-authenticate']), /error="insufficient_scope".*scope="organizations:read"/)
    }
  })

  test('any other token of a realm gets what the guard of the operators answers, with or without scopes of the same names', async () => {
    const { aClient, call, send, anOperatorOf, admin } = start()
    const strangers = await Promise.all(['alpha', 'beta', 'gamma'].map(async (home) => Object.assign(await aClient(home), { home })))
    const former = await anOperatorOf('alpha')
    await call(former, 'clients.list', { params: { realm: 'alpha' } })
    await admin('clients.update', { params: { realm: 'alpha', client: former.clientId }, body: { operatorScopes: [] } })
    for (const stranger of [...strangers, former]) {
      const today = answerOf(await send(stranger, '/realms/operators/v1/me'))
      assert.equal(today.statusCode, 401)
      for (const url of [`/admin/v1/realms/${stranger.home}/clients`, '/admin/v1/realms', '/admin/v1/audit', '/admin/v1/operators'])
        assert.deepEqual(answerOf(await send(stranger, url)), today, url)
      const keycloak = answerOf(await send(stranger, `/admin/realms/${stranger.home}/clients`))
      const { errorMessage: _, ...body } = keycloak.body
      assert.deepEqual([keycloak.statusCode, body], [401, today.body])
    }
  })

  test('outside of its realms a limited operator gets the same answer for a realm that exists, for the operators, and for none', async () => {
    const { anOperator, anOperatorOf, call } = start()
    for (const caller of [await anOperator(['alpha']), await anOperatorOf('alpha')]) {
      // One operation after the other: all of them at once can be more than a busy database answers in time.
      for (const [name] of inRealms) {
        const answers = await Promise.all(['beta', 'operators', 'nowhere'].map((realm) => call(caller, name, { params: { realm } })))
        assert.deepEqual(outcomeOf(answers[0]!), [403, 'realm-not-permitted'], name)
        for (const answer of answers) assert.deepEqual(answerOf(answer), answerOf(answers[0]!), name)
        assert.doesNotMatch(answers[0]!.body, /beta|gamma|nowhere/)
      }
    }
  })

  test('outside of its realms a limited operator gets nothing from the API in the shape of Keycloak', async () => {
    const { anOperator, anOperatorOf, send, aClient, admin } = start()
    const { clientId } = await aClient('beta')
    const { id } = await admin('clients.get', { params: { realm: 'beta', client: clientId } })
    for (const caller of [await anOperator(['alpha']), await anOperatorOf('alpha')])
      for (const [method, path] of [
        ['GET', 'clients'],
        ['GET', `clients/${id}`],
        ['GET', `clients/${id}/client-secret`],
        ['POST', `clients/${id}/client-secret`],
        ['GET', `clients/${id}/client-secret/rotated`],
        ['DELETE', `clients/${id}/client-secret/rotated`],
      ] as const) {
        const answers = await Promise.all(
          ['beta', 'operators', 'nowhere'].map((realm) => send(caller, `/admin/realms/${realm}/${path}`, { method })),
        )
        assert.deepEqual(outcomeOf(answers[0]!), [403, 'realm-not-permitted'], path)
        for (const answer of answers) assert.deepEqual(answerOf(answer), answerOf(answers[0]!), path)
        assert.deepEqual((await send(caller, `/admin/realms/alpha/${path}`, { method })).statusCode, path === 'clients' ? 200 : 404)
      }
  })

  const refusedAcrossRealms = [
    'operators.list',
    'pepper.get',
    'pepper.clients',
    'pepper.retire',
    'keyEncryptionKey.get',
    'keyEncryptionKey.rewrap',
    'keyEncryptionKey.retire',
    'health.get',
  ] as const

  test('a list over all realms has only those of a limited operator, or is refused', async () => {
    const { anOperator, anOperatorOf, call, aClient } = start()
    await aClient('beta')
    await aClient('alpha')
    for (const caller of [await anOperator(['alpha']), await anOperatorOf('alpha')]) {
      const found = (await call(caller, 'realms.list')).json<{ items: { name: string }[] }>()
      assert.deepEqual(
        found.items.map(({ name }) => name),
        ['alpha'],
      )
      const { items } = (await call(caller, 'audit.search', { query: { limit: '1000' } })).json<{ items: { realm: string }[] }>()
      assert.deepEqual(new Set(items.map(({ realm }) => realm)), new Set(['alpha']))
      const inAlpha = await call(caller, 'audit.search', { query: { realm: 'alpha', kind: 'clients.create' } })
      assert.equal(inAlpha.statusCode, 200)
      const answers = await Promise.all(['beta', 'operators', 'nowhere'].map((realm) => call(caller, 'audit.search', { query: { realm } })))
      assert.deepEqual(outcomeOf(answers[0]!), [403, 'realm-not-permitted'])
      for (const answer of answers) assert.deepEqual(answerOf(answer), answerOf(answers[0]!))
      for (const name of refusedAcrossRealms) {
        const answer = await call(caller, name, { params: { version: '1' } })
        assert.deepEqual(outcomeOf(answer), [403, 'realm-not-permitted'], name)
      }
    }
  })

  test('an operator gets its own scopes of now and its realms, whatever its scopes are', async () => {
    const { anOperator, anOperatorOf, admin, aClient, call, owner } = start()
    const me = async (caller: Caller) => (await call(caller, 'me.get')).json<Record<string, unknown>>()
    const own = await me(owner)
    assert.deepEqual([own['scopes'], own['realms'], own['owner'], own['realm']], [[...adminScopes], null, true, 'operators'])
    const limited = await anOperator(['alpha', 'beta'], ['keys:read'])
    const seen = await me(limited)
    assert.deepEqual(
      [seen['clientId'], seen['scopes'], seen['realms'], seen['owner']],
      [limited.clientId, ['keys:read'], ['alpha', 'beta'], false],
    )
    const ofRealm = await anOperatorOf('alpha', ['clients:read'])
    assert.deepEqual(
      [(await me(ofRealm))['realm'], (await me(ofRealm))['scopes'], (await me(ofRealm))['realms']],
      ['alpha', ['clients:read'], ['alpha']],
    )
    await admin('clients.update', { params: { realm: 'alpha', client: ofRealm.clientId }, body: { operatorScopes: ['audit:read'] } })
    assert.deepEqual((await me(ofRealm))['scopes'], ['audit:read'])
    const stranger = Object.assign(await aClient('alpha'), { home: 'alpha' })
    assert.equal((await call(stranger, 'me.get')).statusCode, 401)
  })

  test('abuse 147: a limited operator gets no event of another realm by its id, as if there were none', async () => {
    const { anOperatorOf, call, aClient, owner } = start()
    await aClient('alpha')
    await aClient('beta')
    const caller = await anOperatorOf('alpha')
    const idIn = async (realm: string) =>
      (await call(owner, 'audit.search', { query: { realm, limit: '1' } })).json<{ items: [{ id: string }] }>().items[0].id
    const [own, foreign, none] = [await idIn('alpha'), await idIn('beta'), '019bc186de00-c76940f9-00000003']
    assert.equal((await call(caller, 'audit.get', { params: { event: own } })).json<{ id: string }>().id, own)
    assert.equal((await call(owner, 'audit.get', { params: { event: foreign } })).json<{ realm: string }>().realm, 'beta')
    const [refused, unknown] = [
      await call(caller, 'audit.get', { params: { event: foreign } }),
      await call(caller, 'audit.get', { params: { event: none } }),
    ]
    assert.deepEqual(
      [outcomeOf(refused), outcomeOf(unknown)],
      [
        [404, 'not-found'],
        [404, 'not-found'],
      ],
    )
    assert.equal(
      refused.body.replaceAll(foreign, ''),
      unknown.body.replaceAll(none, '').replace(/urn:request:[^"]*/, refused.json<{ instance: string }>().instance),
    )
  })

  test('the operations over all realms are those that the tests above and below call', () => {
    const across = rows.flatMap(([name, { acrossRealms }]) => (acrossRealms ? [[name, acrossRealms]] : []))
    const refused = refusedAcrossRealms.map((name) => [name, 'refused'])
    // Of the explanations: explain/explain-request.test.ts and explain/explain-token.test.ts. Of sessions: admin/session-handlers.test.ts.
    const ofOthers = ['requests.explain', 'tokens.explain', 'sessions.list', 'sessions.end']
    const filtered = ['me.get', 'realms.list', 'audit.search', 'audit.get', ...ofOthers].map((name) => [name, 'filtered'])
    assert.deepEqual(Object.fromEntries(across), Object.fromEntries([...filtered, ...refused]))
  })

  test('a limited operator finds no event of another realm by its request, its actor, its client or its organization', async () => {
    const { anOperatorOf, call, aClient, owner } = start()
    const stranger = await aClient('beta')
    const caller = await anOperatorOf('alpha')
    const event = (await call(owner, 'audit.search', { query: { realm: 'beta', limit: '1' } })).json<{ items: [Record<string, string>] }>()
    const queries: Readonly<Record<string, string>>[] = [
      { request: event.items[0]['requestId']! },
      { client: stranger.clientId },
      { organization: stranger.organizationId },
      { actor: owner.clientId, organization: stranger.organizationId },
    ]
    for (const query of queries) {
      assert.notEqual((await call(owner, 'audit.search', { query })).json<{ items: [] }>().items.length, 0)
      const { items } = (await call(caller, 'audit.search', { query })).json<{ items: { realm: string }[] }>()
      assert.deepEqual(
        items.filter(({ realm }) => realm !== 'alpha'),
        [],
      )
    }
  })

  test('the audit log names the realm that an operator lives in, and that it acted as an operator', async () => {
    const { anOperatorOf, call, owner } = start()
    const caller = await anOperatorOf('beta')
    await call(caller, 'organizations.create', { params: { realm: 'beta' }, body: { slug: aName(), name: 'Acme' } })
    const { items } = (await call(owner, 'audit.search', { query: { actor: caller.clientId } })).json<{
      items: [Record<string, unknown>]
    }>()
    const { kind, actor, detail } = items[0]
    assert.equal(kind, 'organizations.create')
    assert.deepEqual(actor, { kind: 'operator', id: caller.clientId, realm: 'beta', via: 'api', onBehalfOf: null })
    assert.deepEqual((detail as Record<string, unknown>)['by'], { realm: 'beta', client: caller.clientId })
  })

  test('operators of the same client id in two realms do not get the stored responses of each other', async () => {
    const { anOperatorOf, admin, call } = start()
    const one = await anOperatorOf('alpha')
    const scopes = [...adminScopes]
    const body = { organization: 'operators', clientId: one.clientId, name: 'Namesake', scopes, operatorRealms: ['alpha'] }
    const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    const other = { home: 'operators', clientId: one.clientId, clientSecret: clientSecret! }
    const input = { params: { realm: 'alpha' }, body: { slug: aName(), name: 'Once' }, headers: { 'idempotency-key': aName() } }
    assert.equal((await call(one, 'organizations.create', input)).statusCode, 201)
    assert.equal((await call(one, 'organizations.create', input)).statusCode, 201, 'the stored response')
    assert.deepEqual(outcomeOf(await call(other, 'organizations.create', input)), [409, 'conflict'])
  })

  test('a stored response is not returned to an operator that was limited to other realms since', async () => {
    const { anOperator, admin, call } = start()
    const caller = await anOperator(['alpha'])
    const input = { params: { realm: 'alpha' }, body: { slug: aName(), name: 'Once' }, headers: { 'idempotency-key': aName() } }
    assert.equal((await call(caller, 'organizations.create', input)).statusCode, 201)
    const operatorRealms = ['beta']
    await admin('clients.update', { params: { realm: 'operators', client: caller.clientId }, body: { operatorRealms } })
    assert.deepEqual(outcomeOf(await call(caller, 'organizations.create', input)), [403, 'realm-not-permitted'])
  })

  test('the token of an operator of a realm is refused once it is revoked, its client is disabled, or its organization suspended', async () => {
    const { anOperatorOf, admin, tokenOf, request, clock } = start()
    const caller = await anOperatorOf('beta')
    clock.advance(2000) // Its first tokens are dated ahead, by the cut of those from before.
    const headers = { authorization: `Bearer ${await tokenOf('beta', caller)}` }
    const status = async () => (await request({ url: '/admin/v1/realms', headers })).statusCode
    const params = { realm: 'beta', organization: caller.slug }
    assert.equal(await status(), 200)
    await admin('organizations.suspend', { params, body: {} })
    assert.equal(await status(), 403)
    await admin('organizations.resume', { params })
    assert.equal(await status(), 200)
    await admin('clients.update', { params: { realm: 'beta', client: caller.clientId }, body: { enabled: false } })
    assert.equal(await status(), 401)
    await admin('clients.update', { params: { realm: 'beta', client: caller.clientId }, body: { enabled: true } })
    await admin('organizations.cutTokens', { params, body: { reason: 'leaked' } })
    assert.equal(await status(), 401)
  })

  test('a client that is created again with the id of an operator is none', async () => {
    const { anOperatorOf, anOperator, admin, call } = start()
    const caller = await anOperatorOf('alpha')
    const clerk = await anOperator(['alpha'], ['clients:write'])
    await admin('clients.delete', { params: { realm: 'alpha', client: caller.clientId } })
    const body = { organization: caller.slug, clientId: caller.clientId, name: 'Again' }
    const created = await call(clerk, 'clients.create', { params: { realm: 'alpha' }, body })
    const again = { ...caller, clientSecret: created.json<{ clientSecret: string }>().clientSecret }
    assert.equal((await call(again, 'clients.list', { params: { realm: 'alpha' } })).statusCode, 401)
  })

  test('an owner lists all operators with what they may do where, in pages', async () => {
    const { anOperatorOf, anOperator, call, owner } = start()
    const [limited, ofRealm] = [await anOperator(['alpha', 'beta'], ['clients:read']), await anOperatorOf('gamma', ['audit:read'])]
    const listed: Record<string, unknown>[] = []
    for (let after: string | undefined, isLast = false; !isLast; isLast = after === undefined) {
      const page = (await call(owner, 'operators.list', { query: { limit: '2', ...(after && { after }) } })).json()
      listed.push(...page.items)
      after = page.next ?? undefined
    }
    const short = (caller: Credentials) => {
      const { realm, owner, realms, scopes } = listed.find(({ clientId }) => clientId === caller.clientId)!
      return { realm, owner, realms, scopes }
    }
    assert.deepEqual(short(owner), { realm: 'operators', owner: true, realms: null, scopes: [...adminScopes] })
    assert.deepEqual(short(limited), { realm: 'operators', owner: false, realms: ['alpha', 'beta'], scopes: ['clients:read'] })
    assert.deepEqual(short(ofRealm), { realm: 'gamma', owner: false, realms: ['gamma'], scopes: ['audit:read'] })
  })
})

/** Valid bodies of the writes on a client or an organization. */
const reason = 'because'
const bodies: Readonly<Record<string, object | undefined>> = {
  'organizations.update': { name: 'Mine' },
  'organizations.suspend': {},
  'organizations.resume': undefined,
  'organizations.delete': undefined,
  'organizations.cutTokens': { reason },
  'organizations.lowerCut': { reason },
  'capabilities.set': { value: true },
  'capabilities.remove': undefined,
  'partners.authorize': { name: 'Seller' },
  'partners.withdraw': undefined,
  'partners.change': {},
  'requestors.create': {},
  'requestors.update': { permissions: [] },
  'requestors.delete': undefined,
  'dpa.accept': { version: '1', acceptedBy: 'Ada' },
  'clients.update': { name: 'Mine' },
  'clients.lowerCut': { reason },
  'clients.delete': undefined,
  'rotation.start': {},
  'rotation.confirm': { force: true, reason },
  'rotation.cancel': undefined,
  'rotation.extend': { window: 86_400 },
  'secrets.revoke': { reason },
  'keys.add': { key: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) },
  'keys.setUri': { url: 'https://partner.example.com/jwks.json' },
  'keys.remove': { force: true, reason },
  'accessRequests.create': { kind: 'capability', what: 'fast' },
  'accessRequests.approve': {},
  'accessRequests.decline': { answer: 'No' },
  'accessRequests.withdraw': undefined,
  'accessRequests.makeClient': {},
  'identityProviders.set': {
    name: 'Acme',
    issuer: 'https://login.acme.example',
    clientId: 'portal',
    clientSecret: 'a secret of the identity provider',
    everyone: 'viewer',
  },
  'identityProviders.remove': undefined,
  'invitations.create': { role: 'viewer' },
  'invitations.withdraw': undefined,
  'people.setRole': { role: 'viewer' },
  'people.remove': undefined,
}
const aUuid = '11111111-1111-4111-8111-111111111111'

suite('operators that try to get more than they were given', () => {
  const shared = shareTestServer({ realms })
  const start = () => withCallers(shared())
  const ofOperators = rows.filter(([, { method, path }]) => method !== 'GET' && /\{(?:client|organization)\}/.test(path))

  /** Three that are no owners, and have every scope that there is. */
  async function callers({ anOperator, anOperatorOf }: ReturnType<typeof start>) {
    return {
      'a limited operator': await anOperator(['alpha']),
      'an operator of the realm': await anOperatorOf('alpha'),
      'an unlimited operator that is no owner': await anOperator(null, ['clients:write', 'secrets:write', 'organizations:write']),
    }
  }

  test('abuse 146: only an owner changes a client with operator scopes, its secrets or its organization', async () => {
    const server = start()
    const { anOperatorOf, admin, call } = server
    const target = await anOperatorOf('alpha', ['clients:read'])
    const ofClient = { realm: 'alpha', client: target.clientId }
    const ofOrganization = { realm: 'alpha', organization: target.slug }
    const { secrets } = await admin('rotation.start', { params: ofClient, body: {} })
    const state = async () => [
      await admin('clients.get', { params: ofClient }),
      await admin('organizations.get', { params: ofOrganization }),
    ]
    const before = await state()
    for (const [who, caller] of Object.entries(await callers(server))) {
      for (const [name, { scope }] of ofOperators) {
        if (who === 'an unlimited operator that is no owner' && !/^(?:clients|secrets|organizations):write$/.test(scope ?? '')) continue
        const people = { person: aUuid, invitation: aUuid, accessRequest: aUuid }
        const others = { secret: secrets[0]!.id, key: aUuid, partner: aUuid, requestor: aUuid, capability: 'fast', ...people }
        const answers = [await call(caller, name, { params: { ...ofClient, ...ofOrganization, ...others }, body: bodies[name] })]
        if (name.startsWith('organizations.'))
          answers.push(await call(caller, name, { params: { ...ofOrganization, organization: target.organizationId }, body: bodies[name] }))
        for (const answer of answers) assert.deepEqual(outcomeOf(answer), [403, 'owner-required'], `${who}: ${name}`)
      }
    }
    assert.deepEqual(await state(), before)
  })

  test('that covers every write on a client or an organization', () => {
    assert.deepEqual(ofOperators.map(([name]) => name).toSorted(), Object.keys(bodies).toSorted())
  })

  test('abuse 146: nor through the API in the shape of Keycloak', async () => {
    const server = start()
    const target = await server.anOperatorOf('alpha', ['clients:read'])
    const { id } = await server.admin('clients.get', { params: { realm: 'alpha', client: target.clientId } })
    const url = `/admin/realms/alpha/clients/${id}/client-secret`
    for (const [who, caller] of Object.entries(await callers(server))) {
      const answers = [
        await server.send(caller, url, { method: 'POST' }),
        await server.send(caller, `${url}/rotated`, { method: 'DELETE' }),
      ]
      for (const answer of answers) assert.deepEqual(outcomeOf(answer), [403, 'owner-required'], who)
    }
    assert.equal((await server.admin('clients.get', { params: { realm: 'alpha', client: target.clientId } })).secrets.length, 1)
  })

  test('a token of an operator of a realm is for the admin API alone, and one for an API is not accepted there', async () => {
    const { anOperatorOf, aClient, admin, requestToken, request } = start()
    for (const [realm, api] of [
      ['beta', 'beta-api'],
      ['delta', 'delta-api'],
    ] as const) {
      const caller = await anOperatorOf(realm, ['clients:read'])
      const tokenFor = async (parameters: Record<string, string>) => {
        const response = await requestToken(realm, { ...tokenRequest(caller), ...parameters })
        return response.json().access_token as string
      }
      const statusOf = async (token: string) =>
        (await request({ url: `/admin/v1/realms/${realm}/clients`, headers: { authorization: `Bearer ${token}` } })).statusCode
      const [own, ofApi] = [await tokenFor({}), await tokenFor({ resource: api })]
      assert.deepEqual([decodeJwt(own).aud, decodeJwt(ofApi).aud], ['countersign-admin', api])
      assert.deepEqual([await statusOf(own), await statusOf(ofApi)], [200, 401])
      const other = await aClient(realm)
      const params = { realm, client: other.clientId }
      await assert.rejects(
        admin('clients.update', { params, body: { grant: { audiences: ['countersign-admin'] } } }),
        /audience of operators/,
      )
      assert.equal((await requestToken(realm, { ...tokenRequest(other), resource: 'countersign-admin' })).json().error, 'invalid_target')
    }
  })

  test('no grant lets another API get the token of an operator of a realm for the admin API', async () => {
    const { anOperatorOf, anOperator, admin, call, requestToken } = start()
    const [params, caller] = [{ realm: 'delta' }, await anOperatorOf('delta', ['clients:read'])]
    const claimSet = aName()
    await admin('claimSets.create', { params, body: { name: claimSet, grant: {} } })
    await admin('clients.update', { params: { ...params, client: caller.clientId }, body: { claimSet, grant: { audiences: ['own'] } } })
    // Sets are not of a client, so any operator may change them.
    const clerk = await anOperator(['delta'], ['clients:write'])
    const change = { params: { ...params, claimSet }, body: { grant: { audiences: ['shared'] } } }
    assert.equal((await call(clerk, 'claimSets.update', change)).statusCode, 200)
    const audienceFor = async (parameters: Record<string, string>) =>
      decodeJwt((await requestToken('delta', { ...tokenRequest(caller), ...parameters })).json().access_token).aud
    assert.equal(await audienceFor({}), 'countersign-admin')
    for (const resource of ['own', 'shared']) assert.equal(await audienceFor({ resource }), resource)
  })

  test('an operator of a realm cannot change itself, but rotates its own secret', async () => {
    const { anOperatorOf, call, request, admin } = start()
    const caller = await anOperatorOf('alpha', ['clients:read', 'clients:write', 'secrets:write'])
    const params = { realm: 'alpha', client: caller.clientId }
    for (const body of [{ operatorScopes: [...adminScopes] }, { scopes: [] }, { enabled: false }])
      assert.deepEqual(outcomeOf(await call(caller, 'clients.update', { params, body })), [403, 'owner-required'])
    assert.deepEqual(outcomeOf(await call(caller, 'rotation.start', { params, body: {} })), [403, 'owner-required'])
    const authorization = `Basic ${Buffer.from(`${caller.clientId}:${caller.clientSecret}`).toString('base64')}`
    const url = '/realms/alpha/v1/me/secret-rotation'
    assert.equal((await request({ method: 'POST', url, headers: { authorization } })).statusCode, 201)
    assert.equal((await admin('clients.get', { params })).secrets.length, 2)
  })

  test('abuse 146: only an owner gives operator scopes or limits, or takes them', async () => {
    const server = start()
    const { aClient, admin, call } = server
    const plain = await aClient('alpha')
    const params = { realm: 'alpha', client: plain.clientId }
    for (const [who, caller] of Object.entries(await callers(server))) {
      for (const more of [{ operatorScopes: ['clients:read'] }, { operatorScopes: [] }, { operatorRealms: null }]) {
        const create = { organization: plain.slug, name: 'More', clientId: aName(), ...more }
        const answers = [
          await call(caller, 'clients.create', { params: { realm: 'alpha' }, body: create }),
          await call(caller, 'clients.update', { params, body: more }),
        ]
        for (const answer of answers) assert.deepEqual(outcomeOf(answer), [403, 'owner-required'], `${who}: ${JSON.stringify(more)}`)
      }
      const own = { params: { realm: 'operators', client: caller.clientId }, body: { operatorRealms: null } }
      assert.equal((await call(caller, 'clients.update', own)).statusCode, 403, who)
      const another = { organization: 'operators', name: 'More', scopes: [...adminScopes] }
      assert.equal((await call(caller, 'clients.create', { params: { realm: 'operators' }, body: another })).statusCode, 403, who)
    }
    assert.deepEqual((await admin('clients.get', { params })).operatorScopes, [])
  })

  test('abuse 146: no client takes the identity of an operator, where its own grant may name another client', async () => {
    const { anOperatorOf, anOperator, aClient, admin, call, owner } = start()
    const params = { realm: 'delta' }
    const target = await anOperatorOf('delta')
    const { subject } = await admin('clients.get', { params: { ...params, client: target.clientId } })
    const clerk = await anOperator(['delta'], ['clients:write'])
    const plain = { ...(await aClient('delta')), home: 'delta' }
    const grant = { audiences: [], roles: { realm: [], clients: {} }, claims: { azp: target.clientId } }
    const ofPlain = { ...params, client: plain.clientId }
    assert.equal((await call(clerk, 'clients.update', { params: ofPlain, body: { grant } })).statusCode, 200)
    for (const by of [clerk, owner]) {
      assert.deepEqual(outcomeOf(await call(by, 'clients.update', { params: ofPlain, body: { subject } })), [409, 'conflict'])
      const create = { organization: target.slug, name: 'Double', clientId: aName(), grant, subject }
      assert.deepEqual(outcomeOf(await call(by, 'clients.create', { params, body: create })), [409, 'conflict'])
    }
    assert.equal((await call(plain, 'clients.list', { params })).statusCode, 401)
  })

  test('abuse 146: a subject that two clients share, or a token from before, makes no operator', async () => {
    const { aClient, admin, call, tokenOf, request } = start()
    const params = { realm: 'delta' }
    const [one, other] = [await aClient('delta'), await aClient('delta')]
    const ofOne = { ...params, client: one.clientId }
    const ofOther = { ...params, client: other.clientId }
    await admin('clients.update', { params: ofOther, body: { subject: 'shared' } })
    const headers = { authorization: `Bearer ${await tokenOf('delta', one)}` }
    await admin('clients.update', { params: ofOne, body: { subject: 'shared' } })
    const owner = start().owner
    const appoint = (scopes: string[], more = {}) =>
      call(owner, 'clients.update', { params: ofOne, body: { operatorScopes: scopes, ...more } })
    assert.deepEqual(outcomeOf(await appoint(['clients:read'])), [409, 'conflict'])
    assert.equal((await appoint(['clients:read'], { subject: null })).statusCode, 200)
    assert.deepEqual(outcomeOf(await appoint(['clients:read'], { subject: 'shared' })), [409, 'conflict'])
    const url = '/admin/v1/realms/delta/clients'
    assert.equal((await request({ url, headers })).statusCode, 401, 'it was issued before')
    assert.equal((await request({ url, headers: { authorization: `Bearer ${await tokenOf('delta', one)}` } })).statusCode, 200)
    assert.equal((await appoint(['clients:read', 'audit:read'])).statusCode, 200)
  })

  test('an owner with a narrowed token gives no operator scopes', async () => {
    const { owner, aClient, requestToken, request } = start()
    const { clientId } = await aClient('alpha')
    const form = { grant_type: 'client_credentials', client_id: owner.clientId, client_secret: owner.clientSecret, scope: 'clients:write' }
    const { access_token: token } = (await requestToken('operators', form)).json()
    const response = await request({
      method: 'PATCH',
      url: `/admin/v1/realms/alpha/clients/${clientId}`,
      headers: { authorization: `Bearer ${token}`, 'if-match': '*' },
      payload: { operatorScopes: ['clients:read'] },
    })
    assert.deepEqual(outcomeOf(response), [403, 'owner-required'])
  })

  test('members that do not belong to the realm, and limits to no realm or to the operators, are refused', async () => {
    const { owner, anOperator, aClient, call } = start()
    const { clientId } = await aClient('alpha')
    const limited = await anOperator(['alpha'])
    for (const [realm, client, body] of [
      ['alpha', clientId, { operatorRealms: ['alpha'] }],
      ['alpha', clientId, { operatorScopes: ['everything'] }],
      ['operators', limited.clientId, { operatorScopes: ['clients:read'] }],
      ['operators', limited.clientId, { operatorRealms: ['operators'] }],
      ['operators', limited.clientId, { operatorRealms: ['nowhere'] }],
      ['operators', limited.clientId, { operatorRealms: [] }],
    ] as const) {
      const answer = await call(owner, 'clients.update', { params: { realm, client }, body })
      assert.deepEqual(outcomeOf(answer), [400, 'invalid-request'], JSON.stringify(body))
      assert.match(answer.json().errors[0].pointer, /^\/operator(?:Realms|Scopes)/)
    }
  })
})

suite('owners and limits', () => {
  test('an owner is never limited, and no limited operator counts as the last owner', async () => {
    const { owner, anOperator, call, admin, database, createOperator, tokenOf, request } = withCallers(await startTestServer({ realms }))
    const update = (client: Credentials, body: object, by: Caller = owner) =>
      call(by, 'clients.update', { params: { realm: 'operators', client: client.clientId }, body })
    const isOwner = async ({ clientId }: Credentials) =>
      (await admin('operators.list', { params: {} })).items.find((item) => item.clientId === clientId)!.owner
    const deputy = { ...(await createOperator()), home: 'operators' }
    const limited = await anOperator(['alpha'])
    const stored = { ...(await createOperator({ realms: ['beta'] })), home: 'operators' }
    assert.deepEqual(await Promise.all([owner, deputy, limited, stored].map(isOwner)), [true, true, false, false])

    assert.deepEqual(outcomeOf(await update(owner, { operatorRealms: ['alpha'] })), [409, 'conflict'])
    assert.equal((await update(deputy, { operatorRealms: ['alpha'] })).statusCode, 200)
    assert.equal(await isOwner(deputy), false)
    assert.deepEqual(outcomeOf(await update(limited, { name: 'Mine' }, deputy)), [403, 'realm-not-permitted'])
    const roles = await database.query<{ role: string | null }>('select role from clients where operator_realms is not null')
    assert.deepEqual(new Set(roles.map(({ role }) => role)), new Set([null]))
    // What a node of 0.1.0 would write.
    await database.query(`update clients set role = 'owner' where client_id in (?, ?)`, deputy.clientId, limited.clientId)
    assert.equal(await isOwner(deputy), false)
    const token = await tokenOf('operators', owner)
    await database.query(`update clients set enabled = 0 where client_id = ?`, owner.clientId)
    const headers = { authorization: `Bearer ${token}`, 'if-match': '*' }
    const url = `/admin/v1/realms/operators/clients/${limited.clientId}`
    assert.equal((await request({ method: 'PATCH', url, headers, payload: { name: 'x' } })).statusCode, 403)
    await database.query(`update clients set enabled = 1 where client_id = ?`, owner.clientId)

    assert.equal((await update(deputy, { operatorRealms: null })).statusCode, 200)
    assert.equal(await isOwner(deputy), true)
    assert.equal((await update(deputy, { scopes: ['audit:read'], operatorRealms: ['beta'] })).statusCode, 200)
    assert.equal((await update(deputy, { operatorRealms: null })).statusCode, 200)
    assert.equal(await isOwner(deputy), false, 'it has one scope')
  })

  test('an operator whose limits or scopes cannot be read may act nowhere', async () => {
    const { anOperator, anOperatorOf, call, database } = withCallers(await startTestServer({ realms, nodes: 1 }))
    const [limited, ofRealm] = [await anOperator(['alpha']), await anOperatorOf('alpha')]
    await database.query(`update clients set operator_realms = '[' where operator_realms is not null`)
    await database.query(`update clients set operator_scopes = '[' where operator_scopes is not null`)
    const params = { realm: 'alpha' }
    assert.deepEqual(outcomeOf(await call(limited, 'clients.list', { params })), [403, 'realm-not-permitted'])
    assert.deepEqual(outcomeOf(await call(ofRealm, 'clients.list', { params })), [401, 'invalid-token'])
  })

  for (const [what, sql] of [
    ['realm', `update clients set operator_realms = '["beta"]' where client_id = ?`],
    ['scopes', `update clients set operator_scopes = '["clients:read"]' where client_id = ?`],
    ['authority', `update clients set operator_scopes = null where client_id = ?`],
  ] as const) {
    test(`an operator whose ${what} another node has just taken away changes nothing on this one`, async () => {
      const { anOperator, anOperatorOf, database, tokenOf, request } = withCallers(await startTestServer({ realms, nodes: 1 }))
      const caller = what === 'realm' ? await anOperator(['alpha']) : await anOperatorOf('alpha')
      const headers = { authorization: `Bearer ${await tokenOf(caller.home, caller)}` }
      const create = () =>
        request({ method: 'POST', url: '/admin/v1/realms/alpha/organizations', headers, payload: { slug: aName(), name: 'Acme' } })
      assert.equal((await create()).statusCode, 201)
      assert.equal((await request({ url: '/admin/v1/realms', headers })).statusCode, 200) // Now it is cached again.
      await database.query(sql, caller.clientId)
      assert.deepEqual(outcomeOf(await create()), [403, what === 'realm' ? 'realm-not-permitted' : 'insufficient-scope'])
    })
  }
})
