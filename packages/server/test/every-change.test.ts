// Rules for every write operation, tested by applying each of them once.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { ifMatchOf, isWrite, operations, type Operation, type OperationName, requiresIfMatch } from '@countersign/admin'
import { createClientKey } from './client-key.fixture.ts'
import { shareTestServer, startTestServer, type TestServer, untilAnswered } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const ofAcme = { realm, organization: 'acme' }
const ofClient = { realm, client: 'backend' }
const ofClaimSet = { realm, claimSet: 'partners' }
const id = '11111111-1111-4111-8111-111111111111'
const ofPartner = { ...ofAcme, partner: id }
const ofRequestor = { ...ofAcme, requestor: id }
const ofCapability = { ...ofAcme, capability: 'rateLimitTier' }
const reason = 'because'

interface Input {
  readonly params: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

/** The operations from onboarding to off-boarding, in this order. */
const life: readonly (readonly [OperationName, Input])[] = [
  ['organizations.create', { params: { realm }, body: { slug: 'acme', name: 'Acme' } }],
  ['organizations.update', { params: ofAcme, body: { name: 'Acme Ltd' } }],
  ['capabilities.set', { params: ofCapability, body: { value: 'standard' } }],
  ['capabilities.remove', { params: ofCapability }],
  ['partners.register', { params: { realm, partner: id }, body: { name: 'Seller' } }],
  ['partners.register', { params: { realm, partner: id }, body: { name: 'Seller' } }],
  ['partners.authorize', { params: ofPartner, body: {} }],
  ['partners.register', { params: { realm, partner: id }, body: { name: 'Renamed' } }],
  ['partners.withdraw', { params: ofPartner }],
  ['partners.change', { params: ofAcme, body: { authorize: [{ id }] } }],
  ['partners.delete', { params: { realm, partner: id }, query: { force: 'true' } }],
  ['dpa.publish', { params: { realm }, body: { version: '2026-07', requiredFrom: '2030-01-01T00:00:00Z' } }],
  ['dpa.accept', { params: ofAcme, body: { version: '2026-07', acceptedBy: 'Ada' } }],
  ['accessRequests.create', { params: ofAcme, body: { kind: 'partner', what: id } }],
  ['requestors.create', { params: ofAcme, body: { id, permissions: ['payments:create'] } }],
  ['requestors.update', { params: ofRequestor, body: { permissions: [] } }],
  ['requestors.delete', { params: ofRequestor }],
  ['invitations.create', { params: ofAcme, body: { role: 'admin' } }],
  ['claimSets.create', { params: { realm }, body: { name: 'partners', grant: { roles: { realm: ['partner'] } } } }],
  ['claimSets.update', { params: ofClaimSet, body: { grant: { claims: { tenant: 'one' } } } }],
  ['claimSets.delete', { params: ofClaimSet }],
  ['signingKeys.stage', { params: { realm } }],
  ['keyEncryptionKey.rewrap', { params: {} }],
  [
    'identityProviders.set',
    {
      params: ofAcme,
      body: { name: 'Acme SSO', issuer: 'https://login.acme.example', clientId: 'portal', clientSecret: 'secret', everyone: 'viewer' },
    },
  ],
  ['identityProviders.remove', { params: ofAcme }],
  ['clients.create', { params: { realm }, body: { organization: 'acme', clientId: 'backend', name: 'Backend' } }],
  ['clients.update', { params: ofClient, body: { name: 'Other' } }],
  ['keys.add', { params: ofClient, body: { key: createClientKey().jwk } }],
  ['keys.setUri', { params: ofClient, body: { url: 'https://backend.example/jwks' } }],
  ['organizations.suspend', { params: ofAcme, body: { reason } }],
  ['organizations.resume', { params: ofAcme }],
  ['organizations.cutTokens', { params: ofAcme, body: { reason } }],
  ['organizations.lowerCut', { params: ofAcme, body: { reason } }],
  ['clients.lowerCut', { params: ofClient, body: { reason } }],
  ['clients.delete', { params: ofClient }],
  ['organizations.delete', { params: ofAcme }],
]

/** In that life: the cuts have passed, and private keys are under the current version. */
const changesNothing: ReadonlySet<OperationName> = new Set(['organizations.lowerCut', 'clients.lowerCut', 'keyEncryptionKey.rewrap'])

/** Invitations lead there. */
const withPortal = { settings: 'portal: { enabled: true }' }
const startWithSend = async () => withSend(await startTestServer(withPortal))

function withSend(server: TestServer) {
  const send = async (name: OperationName, { params, query, body }: Input, given?: Record<string, string>) => {
    const { method, path }: Operation = operations[name]
    const headers = given ?? (requiresIfMatch(operations[name]) ? { 'if-match': '*' } : {})
    const authorization = `Bearer ${await server.tokenOf('operators', server.operator)}`
    return untilAnswered(() =>
      server.request({
        method,
        url: path.replace(/\{(\w+)\}/g, (_, member: string) => params[member]!),
        headers: { authorization, ...headers },
        ...(query && { query: { ...query } }),
        ...(body && { payload: body }),
      }),
    )
  }
  return { ...server, send }
}

/** One life for the tests of a suite: before a test come the steps before its own, as far as no test has taken them. */
function shareLife() {
  const shared = shareTestServer(withPortal)
  const taken = new Set<Input>()
  return async (own: Input) => {
    const server = withSend(shared())
    const before = life
      .slice(
        0,
        life.findIndex(([, input]) => input === own),
      )
      .filter(([, input]) => !taken.has(input))
    for (const [name, input] of before) {
      await server.send(name, input)
      taken.add(input)
    }
    taken.add(own)
    return server
  }
}

const withIfMatch = life.filter(([name]) => ifMatchOf(operations[name]))

test('this test covers every write operation but those on secrets, their rotation, sessions, key rings, and what has an id of the server or a private key', () => {
  const writes = Object.entries<Operation>(operations).flatMap(([name, operation]) => (isWrite(operation) ? [name] : []))
  const missing = writes.filter((name) => !life.some(([known]) => known === name))
  assert.deepEqual(
    missing.filter(
      (name) =>
        !/^(?:rotation|secrets|sessions|pepper|keyEncryptionKey|people)\.|^keys\.remove$|^invitations\.withdraw$|^signingKeys\.(?:import|activate|retire|compromise)$|^accessRequests\.(?:approve|decline|withdraw|makeClient)$/.test(
          name,
        ),
    ),
    [],
  )
})

test('every change writes exactly one audit event with its name and actor, one that changes nothing writes none, and its response matches the contract', async () => {
  const { send, admin, operator } = await startWithSend()
  for (const [name, input] of life) {
    const response = await send(name, input)
    const { status, output }: Operation = operations[name]
    assert.equal(response.statusCode, status, `${name}: ${response.body}`)
    output.parse(response.json())
    assert.equal(response.headers['cache-control'], 'no-store')
  }
  const events = (await admin('audit.search', { params: {}, query: { realm, limit: 1000 } })).items.toReversed()
  assert.deepEqual(
    events.map(({ kind }) => kind),
    life.map(([name]) => name).filter((name) => !changesNothing.has(name)),
  )
  for (const { detail } of events) assert.deepEqual(detail['by'], { realm: 'operators', client: operator.clientId })
})

test('every change records the reason that was given, also where the request has nothing else in its body, and a retry records none', async () => {
  const { send, admin } = await startWithSend()
  for (const [index, [name, input]] of life.entries()) {
    const withReason = { ...input, body: { ...input.body, reason: `ticket ${index}` } }
    const headers = { 'if-match': '*', 'idempotency-key': `step-${index}` }
    const [first, retry] = [await send(name, withReason, headers), await send(name, withReason, headers)]
    assert.equal(first.statusCode, operations[name].status, `${name}: ${first.body}`)
    assert.equal(retry.statusCode, first.statusCode, `${name}: ${retry.body}`)
  }
  const events = (await admin('audit.search', { params: {}, query: { realm, limit: 1000 } })).items.toReversed()
  const expected = life.map(([name], index) => [name, `ticket ${index}`] as const).filter(([name]) => !changesNothing.has(name))
  assert.deepEqual(
    events.map(({ kind, detail }) => [kind, detail['reason']]),
    expected,
  )
})

test('a write without a reason can be retried at a server of an earlier version, which knew none', async () => {
  const { send, database } = await startWithSend()
  await send(...life[0]!)
  for (const name of ['organizations.resume', 'organizations.suspend'] as const) {
    await send(name, { params: ofAcme }, { 'idempotency-key': name })
    const [stored] = await database.query<{ request_digest: string }>(`select request_digest from idempotency_keys where key = '${name}'`)
    const before = name === 'organizations.suspend' ? { params: ofAcme, body: {} } : { params: ofAcme }
    assert.equal(stored!.request_digest, hash('sha256', JSON.stringify([name, before]), 'base64url'))
  }
})

test('abuse 149: only the response that creates a client has its secret, and abuse 162: no stored row has it', async () => {
  const { send, admin, database } = await startWithSend()
  const bodies: string[] = []
  let secret = ''
  for (const [name, input] of life.slice(0, -2)) {
    const response = await send(name, input)
    if (name === 'clients.create') secret = response.json().clientSecret as string
    else bodies.push(response.body)
  }
  bodies.push(
    JSON.stringify([
      await admin('clients.get', { params: ofClient }),
      await admin('clients.list', { params: { realm } }),
      await admin('organizations.get', { params: ofAcme }),
      await admin('audit.search', { params: {}, query: { limit: 1000 } }),
    ]),
  )
  for (const table of await database.tables()) bodies.push(JSON.stringify(await database.query(`select * from ${table}`)))
  assert.match(secret, /^csk_/)
  assert.ok(bodies.every((body) => !body.includes(secret.slice(4, 40))))
})

const reads = {
  client: ['clients.get', ofClient],
  organization: ['organizations.get', ofAcme],
  'claim set': ['claimSets.get', ofClaimSet],
} as const

suite('writes with a version', () => {
  const liveUntil = shareLife()
  for (const [name, input] of withIfMatch) {
    test(`abuse 150: ${name} with a version that another operator has replaced is rejected and changes nothing`, async () => {
      const { send, admin } = await liveUntil(input)
      const version = async () => {
        const read = reads[ifMatchOf(operations[name])!]
        return (await send(read[0], { params: read[1] })).json().version as number
      }
      const current = await version()
      const stale = await send(name, input, { 'if-match': `"${current - 1}"` })
      assert.deepEqual([stale.statusCode, await version()], [412, current])
      const malformed = await send(name, input, { 'if-match': String(current) })
      assert.equal(malformed.statusCode, 400)
      const good = await send(name, input, { 'if-match': `"${current}"` })
      assert.equal(good.statusCode, operations[name].status)
      const kinds = (await admin('audit.search', { params: {}, query: { realm, kind: name } })).items
      const steps = life.slice(0, life.findIndex((step) => step[1] === input) + 1).filter(([kind]) => kind === name)
      assert.equal(kinds.length, changesNothing.has(name) ? 0 : steps.length)
    })
  }
})

test('fault 7.7: a weak ETag changes nothing and the error says so; a list with the current version matches', async () => {
  const { send } = await startWithSend()
  await send(...life[0]!)
  const rename = (ifMatch: string) => send('organizations.update', { params: ofAcme, body: { name: ifMatch } }, { 'if-match': ifMatch })
  const weak = await rename('W/"1"')
  assert.deepEqual([weak.statusCode, /W\/ never matches/.test(weak.json().remedy)], [412, true])
  assert.equal((await rename('"9", "8"')).statusCode, 412)
  assert.equal((await send('organizations.get', { params: ofAcme })).json().version, 1)
  assert.equal((await rename('"9", W/"8", "1"')).json().version, 2)
})

test('abuse 150: of two operators that change the same version, the second one gets an error', async () => {
  const { send } = await startWithSend()
  await send(...life[0]!)
  const { etag } = (await send('organizations.get', { params: ofAcme })).headers
  const rename = (name: string) => send('organizations.update', { params: ofAcme, body: { name } }, { 'if-match': etag! })
  const statuses = (await Promise.all([rename('One'), rename('Two')])).map(({ statusCode }) => statusCode)
  assert.deepEqual(statuses.toSorted(), [200, 412])
})

suite('writes without a version', () => {
  const liveUntil = shareLife()
  for (const [name, input] of withIfMatch.filter(([name]) => requiresIfMatch(operations[name]))) {
    test(`abuse 150: ${name} without a version is rejected with a remedy, and changes nothing`, async () => {
      const { send, admin } = await liveUntil(input)
      const refused = await send(name, input, {})
      assert.equal(refused.statusCode, 428)
      assert.match(refused.json().type, /precondition-required$/)
      assert.match(refused.json().remedy, /If-Match/)
      assert.deepEqual((await admin('audit.search', { params: {}, query: { realm, kind: name } })).items, [])
      assert.equal((await send(name, input, { 'if-match': '*' })).statusCode, 200)
    })
  }
})

/** Every text member of a request, with a character that would break a header line or a log line. */
const texts: [OperationName, Input, string][] = [
  ['organizations.create', { params: { realm }, body: { slug: 'a\r\nb', name: 'x' } }, '/slug'],
  ['organizations.create', { params: { realm }, body: { slug: 'ab', name: 'x\r\nSet-Cookie: a=b' } }, '/name'],
  ['organizations.update', { params: ofAcme, body: { name: 'x\u0085' } }, '/name'],
  ['organizations.update', { params: ofAcme, body: { capabilities: { rateLimitTier: 'standard\n' } } }, '/capabilities/rateLimitTier'],
  ['organizations.suspend', { params: ofAcme, body: { reason: 'x\u0000' } }, '/reason'],
  ['organizations.cutTokens', { params: ofAcme, body: { reason: 'x\u001b[2J' } }, '/reason'],
  ['organizations.resume', { params: ofAcme, body: { reason: 'x\u007f' } }, '/reason'],
  ['organizations.delete', { params: ofAcme, body: { reason: 'x\n' } }, '/reason'],
  ['organizations.list', { params: { realm }, query: { search: 'x\n' } }, '/query/search'],
  ['capabilities.set', { params: ofCapability, body: { value: 'standard\n' } }, '/value'],
  ['partners.register', { params: { realm, partner: id }, body: { name: 'x\n' } }, '/name'],
  ['dpa.publish', { params: { realm }, body: { version: '1\n', requiredFrom: '2030-01-01T00:00:00Z' } }, '/version'],
  ['dpa.publish', { params: { realm }, body: { version: '9', requiredFrom: '2030-01-01T00:00:00Z', description: '\n' } }, '/description'],
  ['dpa.accept', { params: ofAcme, body: { version: '2026-01', acceptedBy: 'Ada\r' } }, '/acceptedBy'],
  ['dpa.publish', { params: { realm }, body: { version: '9', requiredFrom: '2030-01-01T00:00:00Z', text: 'a\u0000' } }, '/text'],
  ['accessRequests.create', { params: ofAcme, body: { kind: 'client', what: 'x\n' } }, '/what'],
  ['requestors.create', { params: ofAcme, body: { permissions: ['a\nb'] } }, '/permissions/0'],
  ['clients.create', { params: { realm }, body: { organization: 'acme', clientId: 'a\nb', name: 'x' } }, '/clientId'],
  ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', scopes: ['profile\r\n'] } }, '/scopes/0'],
]
suite('rejected input', () => {
  const shared = shareTestServer(withPortal)
  before(async () => void (await withSend(shared()).send(...life[0]!)))
  for (const [name, input, pointer] of texts) {
    test(`abuse 155: ${name} with a control character is rejected as invalid input, naming ${pointer}`, async () => {
      const response = await withSend(shared()).send(name, input)
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
    })
  }

  for (const [name, input, pointer] of [
    ['organizations.create', { params: { realm }, body: { slug: 'ab', name: 'Acme\u202Egro' } }, '/name'],
    ['organizations.update', { params: ofAcme, body: { name: 'Ac\u200Bme' } }, '/name'],
    ['partners.register', { params: { realm, partner: id }, body: { name: '\u3164' } }, '/name'],
    ['dpa.publish', { params: { realm }, body: { version: '  ', requiredFrom: '2030-01-01T00:00:00Z' } }, '/version'],
    ['dpa.accept', { params: ofAcme, body: { version: '2026-01', acceptedBy: '\u2066Ada' } }, '/acceptedBy'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: '\u00AD' } }, '/name'],
    ['capabilities.remove', { params: ofCapability, body: { reason: 'ticket\u202E4711' } }, '/reason'],
    ['capabilities.remove', { params: ofCapability, body: { reason: 'x'.repeat(501) } }, '/reason'],
    ['capabilities.remove', { params: ofCapability, body: { reason: ' ' } }, '/reason'],
  ] as [OperationName, Input, string][]) {
    test(`fault 7.13: ${name} with a name that is not visible as it is stored is rejected, naming ${pointer}`, async () => {
      const response = await withSend(shared()).send(name, input)
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
    })
  }

  const unknown: [OperationName, Input, string][] = [
    ['organizations.resume', { params: ofAcme, body: { reason, isAdmin: true } }, '/isAdmin'],
    ['organizations.delete', { params: ofAcme, query: { reason } }, '/query/reason'],
    ['organizations.delete', { params: ofAcme, query: { force: 'true' } }, '/query/force'],
    ['organizations.update', { params: ofAcme, body: { id, realm: 'prod', version: 9 } }, '/id,/realm,/version'],
    ['organizations.update', { params: ofAcme, body: { 'a/b~c': 1 } }, '/a~1b~0c'],
    ['partners.register', { params: { realm, partner: id }, body: { name: 'x', realm: 'prod' } }, '/realm'],
    ['requestors.create', { params: ofAcme, body: { organization: id } }, '/organization'],
    ['dpa.accept', { params: ofAcme, body: { version: '2026-01', acceptedBy: 'Ada', acceptedAt: '2020-01-01T00:00:00Z' } }, '/acceptedAt'],
  ]
  for (const [name, input, pointers] of unknown) {
    test(`abuse 145: ${name} rejects ${pointers}, and names every unknown member`, async () => {
      const response = await withSend(shared()).send(name, input)
      const errors = response.json<{ errors: { pointer: string }[] }>().errors
      assert.deepEqual([response.statusCode, errors.map(({ pointer }) => pointer).join()], [400, pointers])
    })
  }

  test('abuse 147: objects of one realm are not found by their id in another, nor in an unknown realm', async () => {
    const { send } = withSend(shared())
    const { id: organization } = (await send('organizations.get', { params: ofAcme })).json() as { id: string }
    for (const [name, { params, ...input }] of life) {
      if (!('organization' in params)) continue
      const elsewhere = await send(name, { ...input, params: { ...params, organization, realm: 'prod' } })
      if (name !== 'capabilities.set') assert.equal(elsewhere.statusCode, 404, name)
      assert.equal((await send(name, { ...input, params: { ...params, realm: 'nowhere' } })).statusCode, 404, name)
    }
    const list = await send('organizations.list', { params: { realm: 'prod' } })
    assert.deepEqual(list.json(), { items: [], next: null })
  })
})
