import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import type { InjectOptions } from 'fastify'
import type { Kysely } from 'kysely'
import { verifyAuditLog } from '../audit/verify/verify-store.ts'
import { createServer } from '../server.ts'
import { readStore } from '../store/inspect-store.ts'
import type { Schema } from '../store/schema.ts'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { keyIdOf } from '../../test/signing-key-change.fixture.ts'
import { keyStepsOf } from '../../test/signing-key-steps.fixture.ts'
import { createAuthenticator } from '../../test/authenticator.fixture.ts'
import { accept, aPerson, invite, portalOrigin } from '../../test/people.fixture.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { sortLostChanges } from './lost-revocations.ts'
import { findMissingEvents, readChangesOf } from './missing-events.ts'
import { backUpSqlite, putBackSqlite } from './sqlite-files.ts'

const skip = (process.env['COUNTERSIGN_TEST_STORE'] ?? 'sqlite') !== 'sqlite' && 'PostgreSQL has its own programs for backups'
const realm = 'nt24-idp'
const partner = '11111111-1111-4111-8111-111111111111'

type Source = 'an export' | 'the old store'

/** A server with organizations of these `slugs`, and a function that backs it up now and restores it later. */
async function given(t: TestContext, slugs: readonly string[], settings = '') {
  const server = await startTestServer({ settings })
  const clients: Record<string, Awaited<ReturnType<typeof server.aClient>>> = {}
  for (const slug of slugs) clients[slug] = await server.aClient(realm, { slug, scopes: ['profile', 'orders:read'] })

  async function backUp() {
    const { configuration, folder, clock } = server
    const backup = join(folder, 'backup.db')
    backUpSqlite(configuration.store, backup)
    clock.advance(1000)

    /** Restores the backup and applies the revocations that the source contains. */
    return async (source: Source) => {
      clock.advance(1000)
      const events =
        source === 'the old store'
          ? await readChangesOf(configuration.store)
          : (await server.admin('audit.search', { params: {}, query: { limit: 1000 } })).items
      const restored = { ...configuration, store: `sqlite:${join(folder, 'restored.db')}` }
      await putBackSqlite(backup, restored.store)
      const sorted = sortLostChanges(await findMissingEvents(restored.store, events))
      const again = await createServer({ configuration: restored, clock: clock.now, logStream: { write: () => {} } })
      t.after(() => again.close())
      await again.recordRestore()
      const repeated = await again.repeatRevocations(sorted.revocations)
      clock.advance(1000)
      const get = async (client: { clientId: string; clientSecret: string }, of = realm) => {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const payload = new URLSearchParams(tokenRequest(client)).toString()
        return again.app.inject({ method: 'POST', url: again.realms.get(of)!.tokenPath, headers, payload } satisfies InjectOptions)
      }
      const me = async (client: { clientId: string; clientSecret: string }) => {
        const { access_token: token } = (await get(client)).json<{ access_token: string }>()
        return (await again.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })).json()
      }
      const operators = async () => {
        const { access_token: token } = (await get(server.operator, 'operators')).json<{ access_token: string }>()
        const response = await again.app.inject({ url: '/admin/v1/operators', headers: { authorization: `Bearer ${token}` } })
        return response.json<OperationOutput<'operators.list'>>().items
      }
      return {
        ...sorted,
        repeated,
        get,
        me,
        operators,
        verify: () => verifyAuditLog(restored),
        changes: () => readChangesOf(restored.store),
        query: <Rows>(read: (db: Kysely<Schema>) => Promise<Rows>) => readStore(restored.store, read),
      }
    }
  }
  return { ...server, clients, backUp }
}

for (const source of ['an export', 'the old store'] as const) {
  test(`abuse 205: revocations made after the backup are applied again, by ${source}`, { skip }, async (t) => {
    const slugs = ['disabled', 'off', 'suspended', 'deleted', 'gone', 'revoked', 'rotated', 'withdrawn', 'narrowed', 'untouched']
    const { clients, backUp, admin } = await given(t, slugs)
    const client = (slug: string) => ({ params: { realm, client: clients[slug]!.clientId } })
    const organization = (slug: string) => ({ params: { realm, organization: slug } })
    await admin('partners.authorize', { params: { ...organization('withdrawn').params, partner }, body: { name: 'Seller' } })
    const flags = { capabilities: { allowMarketplaceLedKyc: true } }
    await admin('organizations.update', { ...organization('withdrawn'), body: flags })
    const requestor = await admin('requestors.create', { ...organization('withdrawn'), body: { permissions: ['a', 'b'] } })
    const { clientSecret: rotated, secrets } = await admin('rotation.start', { ...client('rotated'), body: {} })
    const [key] = (await admin('keys.add', { ...client('narrowed'), body: { key: createClientKey().jwk } })).added
    const secretOf = async (slug: string) => (await admin('rotation.get', client(slug))).secrets[0]!.id
    const restore = await backUp()

    await admin('clients.update', { ...client('disabled'), body: { enabled: false } })
    await admin('clients.update', { ...client('off'), body: { serviceAccountEnabled: false, name: 'Off' } })
    await admin('organizations.suspend', { ...organization('suspended'), body: { reason: 'unpaid' } })
    await admin('clients.delete', client('deleted'))
    await admin('organizations.delete', organization('gone'))
    const revoked = await secretOf('revoked')
    await admin('secrets.revoke', { params: { ...client('revoked').params, secret: revoked }, body: { reason: 'leaked' } })
    await admin('keys.remove', { params: { ...client('narrowed').params, key: key! }, body: {} })
    await admin('rotation.confirm', { ...client('rotated'), body: { force: true, reason: 'now' } })
    await admin('partners.withdraw', { params: { ...organization('withdrawn').params, partner } })
    await admin('capabilities.set', {
      params: { ...organization('withdrawn').params, capability: 'allowMarketplaceLedKyc' },
      body: { value: false },
    })
    await admin('requestors.update', {
      params: { ...organization('withdrawn').params, requestor: requestor.id },
      body: { permissions: ['a', 'c'] },
    })
    await admin('clients.update', { ...client('narrowed'), body: { scopes: ['profile', 'email'] } })

    const { get, me, repeated, rest, verify } = await restore(source)
    for (const slug of slugs.slice(0, 7)) assert.equal((await get(clients[slug]!)).statusCode, 401, slug)
    assert.equal((await get({ ...clients['rotated']!, clientSecret: rotated! })).statusCode, 200)
    assert.equal((await get(clients['untouched']!)).statusCode, 200)
    assert.equal((await get(clients['narrowed']!)).json().scope, 'profile', 'what it was given since is not given again')
    const { partners, capabilities } = await me(clients['withdrawn']!)
    assert.deepEqual([partners, capabilities], [[], {}])
    assert.deepEqual(new Set(repeated.map(({ outcome }) => outcome)), new Set(['done']))
    assert.ok(repeated.some(({ revocation }) => revocation.kind === 'keys.remove' && revocation.key === key))
    assert.match(
      repeated.find(({ revocation }) => revocation.kind === 'secrets.revoke')!.note!,
      /no secret left: countersign secret rotate api-client-revoked/,
    )
    assert.equal(
      repeated.filter(({ revocation }) => revocation.kind === 'secrets.revoke' && revocation.secret === secrets[1]!.id).length,
      1,
    )
    const left = rest.map(({ kind, detail: { by: _by, ...detail } }) => [kind, detail])
    assert.deepEqual(left, [
      ['clients.update', { name: 'Off' }],
      ['requestors.update', { requestor: requestor.id, permissions: ['a', 'c'] }],
      ['clients.update', { scopes: ['profile', 'email'] }],
    ])
    assert.equal((await verify()).fault, undefined)
  })
}

test(
  'abuse 205: only the last state of a switch is applied again, and what was created after the backup is left to the operators',
  { skip },
  async (t) => {
    const { clients, backUp, admin, clock } = await given(t, ['back', 'again'])
    const params = (slug: string) => ({ realm, client: clients[slug]!.clientId })
    const restore = await backUp()
    for (const [slug, ...switches] of [
      ['back', false, true],
      ['again', false, true, false],
    ] as const) {
      for (const enabled of switches) {
        clock.advance(1)
        await admin('clients.update', { params: params(slug), body: { enabled } })
      }
    }
    await admin('organizations.create', { params: { realm }, body: { slug: 'new', name: 'New' } })
    await admin('organizations.suspend', { params: { realm, organization: 'new' }, body: {} })

    const { get, repeated, rest } = await restore('the old store')
    assert.deepEqual([(await get(clients['back']!)).statusCode, (await get(clients['again']!)).statusCode], [200, 401])
    assert.deepEqual(
      repeated.map(({ revocation }) => revocation.event.clientId),
      [clients['again']!.clientId],
    )
    assert.deepEqual(
      rest.map(({ kind }) => kind),
      ['clients.update', 'organizations.create', 'organizations.suspend'],
    )
  },
)

test(
  'abuse 205: people, passkeys and roles that were taken away stay so, and an invitation that was used opens nothing',
  { skip },
  async (t) => {
    const server = await given(t, ['acme'], 'portal: { enabled: true }')
    const { admin, clients, backUp } = server
    const of = clients['acme']!
    const params = { realm, organization: 'acme' }
    const [removed, reduced, kept] = [
      await aPerson(server, 'admin', of),
      await aPerson(server, 'admin', of),
      await aPerson(server, 'admin', of),
    ]
    const [used, withdrawn] = [await invite(server, 'acme'), await invite(server, 'acme')]
    const restore = await backUp()
    await admin('people.remove', { params: { ...params, person: removed.id } })
    await admin('people.setRole', { params: { ...params, person: reduced.id }, body: { role: 'viewer' } })
    assert.equal((await accept(server, used.token, createAuthenticator(portalOrigin))).statusCode, 201)
    await admin('invitations.withdraw', { params: { ...params, invitation: withdrawn.id } })

    const { repeated, query } = await restore('an export')
    assert.deepEqual(
      repeated.map(({ outcome, revocation }) => [revocation.kind, outcome]),
      [
        ['people.remove', 'done'],
        ['people.setRole', 'done'],
        ['invitations.withdraw', 'done'],
        ['invitations.withdraw', 'done'],
      ],
    )
    const people = await query((db) => db.selectFrom('people').select(['id', 'role']).orderBy('created_at').orderBy('id').execute())
    assert.deepEqual(
      new Map(people.map(({ id, role }) => [id, role])),
      new Map([
        [reduced.id, 'viewer'],
        [kept.id, 'admin'],
      ]),
    )
    const open = await query((db) =>
      db.selectFrom('invitations').select('id').where('withdrawn_at', 'is', null).where('accepted_at', 'is', null).execute(),
    )
    assert.deepEqual(open, [])
  },
)

test('abuse 205: a secret whose successor is lost is not ended by its confirmation, but by a revocation', { skip }, async (t) => {
  const { clients, backUp, admin } = await given(t, ['confirmed', 'leaked'])
  const params = (slug: string) => ({ realm, client: clients[slug]!.clientId })
  const restore = await backUp()
  const { secrets } = await admin('rotation.start', { params: params('leaked'), body: {} })
  await admin('secrets.revoke', { params: { ...params('leaked'), secret: secrets[1]!.id }, body: { reason: 'leaked' } })
  await admin('rotation.start', { params: params('confirmed'), body: {} })
  await admin('rotation.confirm', { params: params('confirmed'), body: { force: true, reason: 'now' } })

  const { get, repeated } = await restore('an export')
  assert.deepEqual([(await get(clients['leaked']!)).statusCode, (await get(clients['confirmed']!)).statusCode], [401, 200])
  assert.deepEqual(
    repeated.map(({ outcome, note }) => [outcome, /the secret that followed it is lost/.test(note ?? '')]),
    [
      ['done', false],
      ['not-done', true],
    ],
  )
})

test('abuse 205: operator scopes and realms that were taken after the backup stay taken, and none are given', { skip }, async (t) => {
  const { clients, backUp, admin, createOperator } = await given(t, ['less', 'none', 'more'])
  const ofClient = (slug: string) => ({ realm, client: clients[slug]!.clientId })
  const set = (params: { realm: string; client: string }, body: OperationInput<'clients.update'>['body']) =>
    admin('clients.update', { params, body })
  for (const slug of ['less', 'none']) await set(ofClient(slug), { operatorScopes: ['clients:read', 'audit:read'] })
  const [limited, freed] = [await createOperator(), await createOperator({ realms: [realm] })]
  const ofOperator = ({ clientId }: { clientId: string }) => ({ realm: 'operators', client: clientId })
  const restore = await backUp()
  await set(ofClient('less'), { operatorScopes: ['audit:read', 'secrets:write'] })
  await set(ofClient('none'), { operatorScopes: [] })
  await set(ofClient('more'), { operatorScopes: ['audit:read'] })
  await set(ofOperator(limited), { operatorRealms: [realm] })
  await set(ofOperator(freed), { operatorRealms: null })

  const { operators, rest } = await restore('an export')
  const found = await operators()
  const of = ({ clientId: id }: { clientId: string }) => found.find(({ clientId }) => clientId === id)
  assert.deepEqual(
    ['less', 'none', 'more'].map((slug) => of(clients[slug]!)?.scopes),
    [['audit:read'], undefined, undefined],
  )
  for (const operator of [limited, freed]) assert.deepEqual([of(operator)?.realms, of(operator)?.owner], [[realm], false])
  assert.equal(rest.length, 5, 'what else these changes set is left to the owners')
})

test(
  'abuse 205: an operator who was disabled after the backup stays disabled, and each repetition is in the audit log',
  { skip },
  async (t) => {
    const { backUp, admin, createOperator } = await given(t, [])
    const deputy = await createOperator({ name: 'Deputy' })
    const restore = await backUp()
    await admin('clients.update', {
      params: { realm: 'operators', client: deputy.clientId },
      body: { enabled: false, reason: 'left the company' },
    })
    const [event] = (await admin('audit.search', { params: {}, query: { kind: 'clients.update' } })).items
    const { repeated, verify, changes } = await restore('an export')
    assert.deepEqual(
      repeated.map(({ outcome, revocation }) => [outcome, revocation.event.id]),
      [['done', event!.id]],
    )
    const again = (await changes()).find(({ kind }) => kind === 'clients.update')
    const by = { realm: 'operators', client: 'setup' }
    assert.deepEqual(again!.detail, { enabled: false, repeats: event!.id, by, reason: 'Again, after a restore: left the company' })
    assert.equal((await verify()).fault, undefined)
  },
)

for (const source of ['an export', 'the old store'] as const)
  test(`abuse 205: a signing key that was compromised after the backup signs nothing again, by ${source}`, { skip }, async (t) => {
    const server = await given(t, ['acme'])
    const { clients, backUp, tokenOf, clock } = server
    const steps = keyStepsOf(server, realm)
    const first = keyIdOf(await tokenOf(realm, clients['acme']!))
    const reserve = await steps.stage()
    const restore = await backUp()
    await steps.compromise(first, { reason: 'found in a repository' })
    const later = await steps.stage()
    clock.advance(1000)
    await steps.compromise(later)

    const { get, repeated, rest, changes } = await restore(source)
    assert.deepEqual(
      repeated.map(({ revocation, outcome }) => [revocation.kind === 'signingKeys.compromise' && revocation.key, outcome]),
      [
        [first, 'done'],
        [later, 'not-needed'],
      ],
    )
    const { access_token: token } = (await get(clients['acme']!)).json<{ access_token: string }>()
    assert.equal(keyIdOf(token), reserve)
    assert.deepEqual(new Set(rest.map(({ kind }) => kind)), new Set(['signingKeys.stage', 'signingKeys.activate']))
    const event = (await changes()).find(({ kind }) => kind === 'signingKeys.compromise')
    assert.equal(event?.detail['reason'], 'Again, after a restore: found in a repository')
  })
