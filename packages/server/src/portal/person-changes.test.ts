// What a person changes at the portal: the clients of its organization, by the rules for clients, in its own name, and only while it may.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { operations, type OperationName } from '@countersign/admin'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPersonWithSession } from '../../test/person.fixture.ts'
import { aReader, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'
import type { Change } from '../change/apply-change.ts'
import type { OwnAccess } from '../operators/operation-mount.ts'
import { setup } from '../operators/operators.ts'
import { createAskerLimits } from './asker-limits.ts'
import { createOwnRules } from './own-rules.ts'

suite('what a person changes at the portal', () => {
  const shared = shareTestServer(withPortal)
  const hour = 3_600_000

  async function aDeveloper(server: TestServer, settings: Parameters<TestServer['aClient']>[1] = {}) {
    const client = await server.aClient(realm, settings)
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    return { client, person, params: { realm, client: client.clientId } }
  }

  test('a rotation of a client, begun and confirmed by a person, is in the audit log by its name', async () => {
    const server = shared()
    const { client, person, params } = await aDeveloper(server)
    await server.tokenOf(realm, client)
    const started = await person.browser.call('rotation.start', { params, body: {} })
    assert.equal(started.statusCode, 201, started.body)
    const { clientSecret, startedBy } = started.json()
    assert.equal(startedBy, 'client')
    assert.deepEqual(refusalOf(await person.browser.call('rotation.confirm', { params, body: {} })), [409, 'new-secret-unproven'])
    await server.tokenOf(realm, { ...client, clientSecret })
    server.clock.advance(2 * hour)
    assert.deepEqual(refusalOf(await person.browser.call('rotation.confirm', { params, body: {} })), [401, 'signed-out'])
    const later = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    const confirmed = await later.browser.call('rotation.confirm', { params, body: {} })
    assert.deepEqual([confirmed.statusCode, confirmed.json().state], [200, 'stable'], confirmed.body)
    const events = await server.database.query<Record<string, string>>(
      `select * from audit_events where client_id = ? and kind in ('rotation.start', 'rotation.confirm') and outcome = 'success' order by id`,
      client.clientId,
    )
    assert.deepEqual(
      events.map(({ actor_kind, actor_id, actor_via, on_behalf_of, detail }) => [
        actor_kind,
        actor_id,
        actor_via,
        on_behalf_of,
        JSON.parse(detail!).by,
      ]),
      [person, later].map(({ id, name }) => ['person', id, 'portal', name, { realm, person: id }]),
    )
    const found = await server.admin('audit.search', { params: {}, query: { actor: person.name, changes: 'true' } })
    assert.deepEqual(
      found.items.map(({ kind, actor }) => [kind, actor?.id, actor?.name, actor?.onBehalfOf]),
      [['rotation.start', person.id, person.name, null]],
    )
    const byId = await server.admin('audit.search', { params: {}, query: { actor: person.id, changes: 'true' } })
    assert.deepEqual(byId.items, found.items)
    const followed = await server.admin('audit.search', { params: {}, query: { actor: person.name, order: 'oldest', realm } })
    assert.ok(followed.items.every(({ actor }) => actor?.id === person.id))
  })

  test('replacing a secret needs a fresh sign-in', async () => {
    const server = shared()
    const { person, params } = await aDeveloper(server)
    server.clock.advance(16 * 60_000)
    for (const name of ['rotation.start', 'rotation.confirm', 'rotation.cancel'] as const)
      assert.deepEqual(refusalOf(await person.browser.call(name, { params, body: {} })), [403, 'sign-in-again'], name)
  })

  test('abuse 146: a client that is an operator of its realm gives no colleague of its organization a secret', async () => {
    const server = shared()
    const { person, params } = await aDeveloper(server, { operatorScopes: ['clients:read'] })
    assert.deepEqual(refusalOf(await person.browser.call('rotation.start', { params, body: {} })), [403, 'owner-required'])
    assert.equal((await person.browser.call('clients.get', { params })).statusCode, 200)
  })

  test('abuse 151: an Idempotency-Key is that of one person: a colleague and the client itself have their own', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const [mia, jo] = [1, 2].map(() => aPersonWithSession(server, { realm, organizationId: client.organizationId }))
    const start = (asking: Pick<typeof browser, 'request'>, clientId = client.clientId) =>
      asking.request({
        method: 'POST',
        url: `/portal/api/v1/realms/${realm}/clients/${clientId}/secret-rotation`,
        headers: { 'idempotency-key': 'one-key-for-all' },
        payload: {},
      })
    const first = await start((await mia!).browser)
    assert.match(first.json().clientSecret, /^csk_/)
    const again = await start((await mia!).browser)
    assert.deepEqual([again.statusCode, again.json().clientSecret, again.json().secrets], [201, null, first.json().secrets])
    for (const other of [(await jo!).browser, browser]) {
      const answer = await start(other)
      assert.deepEqual(refusalOf(answer), [409, 'rotation-in-progress'], answer.body)
    }
    const keys = await server.database.query<{ actor: string }>(`select actor from idempotency_keys where "key" = 'one-key-for-all'`)
    assert.deepEqual(
      keys.map(({ actor }) => actor),
      [`person:${(await mia!).id}`],
    )
  })

  suite('in the transaction of a change', () => {
    /** What a request has before its change begins, and the check inside it after something else was changed. */
    async function checkAfter(
      server: TestServer,
      { client, person }: Awaited<ReturnType<typeof aDeveloper>>,
      meanwhile: (change: Change) => Promise<unknown>,
      name: OperationName = 'rotation.start',
    ) {
      const who = { id: person.id, name: person.name, address: null, organizationId: client.organizationId, issuer: null, subject: null }
      const rights = { id: client.organizationId, slug: client.slug }
      const [row] = await server.database.query<{ id: string }>('select id from clients where client_id = ?', client.clientId)
      const access = {
        operator: { realm, id: person.id, clientId: person.id, realms: [realm], scopes: new Set(), person: { ...who, isOwner: false } },
        session: { id: person.session },
        entitlement: { organization: { rights } },
        client: { id: row!.id, clientId: client.clientId },
      } as unknown as OwnAccess
      return server.applyChange(setup, 'clients.update', async (change) => {
        change.recordNothing()
        const rules = createOwnRules({
          realms: server.realms,
          db: change.db,
          clock: server.clock.now,
          handlers: {},
          askers: createAskerLimits(),
        })
        await meanwhile(change as Change)
        return rules.check(change, operations[name], access)
      })
    }

    test('who may is not refused', async () => {
      const server = shared()
      const { scopes, isOwner } = await checkAfter(server, await aDeveloper(server), async () => {})
      assert.deepEqual([scopes, isOwner], [[], false])
    })

    test('who was removed, demoted or signed out meanwhile, or whose organization was suspended, changes nothing', async () => {
      const server = shared()
      const meanwhile = {
        removed: ['signed-out', (change, { person }) => change.db.deleteFrom('people').where('id', '=', person.id).execute()],
        demoted: [
          'insufficient-scope',
          (change, { person }) => change.db.updateTable('people').set({ role: 'viewer' }).where('id', '=', person.id).execute(),
        ],
        'signed out': ['signed-out', (change, { person }) => change.db.deleteFrom('sessions').where('person', '=', person.id).execute()],
        suspended: [
          'signed-out',
          (change, { client }) =>
            change.db.updateTable('organizations').set({ status: 'suspended' }).where('id', '=', client.organizationId).execute(),
        ],
        cut: [
          'signed-out',
          (change, { client }) =>
            change.db
              .updateTable('organizations')
              .set({ tokens_not_before: Math.floor(server.clock.now() / 1000) + 2 })
              .where('id', '=', client.organizationId)
              .execute(),
        ],
      } satisfies Record<string, [code: string, (change: Change, of: Awaited<ReturnType<typeof aDeveloper>>) => Promise<unknown>]>
      for (const [how, [code, change]] of Object.entries(meanwhile)) {
        const developer = await aDeveloper(server)
        await assert.rejects(
          checkAfter(server, developer, (within) => change(within, developer)),
          { code },
          how,
        )
      }
    })

    test('abuse 147: a client that got the id in another organization meanwhile is not the own one', async () => {
      const server = shared()
      const developer = await aDeveloper(server)
      const other = await server.aClient(realm)
      const move = (change: Change) =>
        change.db
          .updateTable('clients')
          .set({ organization_id: other.organizationId })
          .where('client_id', '=', developer.client.clientId)
          .execute()
      await assert.rejects(checkAfter(server, developer, move), { code: 'not-found' })
    })

    test('abuse 146: a client that was made an operator meanwhile is not changed', async () => {
      const server = shared()
      const developer = await aDeveloper(server)
      const promote = (change: Change) =>
        change.db
          .updateTable('clients')
          .set({ operator_scopes: '["clients:write"]' })
          .where('client_id', '=', developer.client.clientId)
          .execute()
      await assert.rejects(checkAfter(server, developer, promote), { code: 'owner-required' })
    })
  })
})
