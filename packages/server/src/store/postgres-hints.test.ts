import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { inRealm, startNodes, type Node } from '../../test/nodes/nodes.fixture.ts'
import { aPostgresDatabase, skipWithoutPostgres, startPostgres } from '../../test/store/postgres.fixture.ts'
import { createLogin } from './login.ts'
import { createHints } from './postgres-hints.ts'
import { eventually } from '../../test/store/processes.fixture.ts'
import { openStore } from './store.ts'

const skip = skipWithoutPostgres()

async function aConnection(t: TestContext, url: string): Promise<Client> {
  const connection = new Client(url).on('error', () => {}) // The database is dropped first.
  await connection.connect()
  t.after(() => connection.end())
  return connection
}

test('abuse 219: a hint has an empty payload, whatever was changed', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const { nodes } = await startNodes(t, 1, { database: url })
  const listener = await aConnection(t, url)
  const payloads: (string | undefined)[] = []
  listener.on('notification', ({ payload }) => payloads.push(payload))
  await listener.query('listen countersign_changes')
  const [{ admin }] = nodes as [Node]
  await admin.call('organizations.create', { params: inRealm, body: { slug: 'acme', name: 'A' } })
  const items = Array.from({ length: 400 }, (_, i) => ({
    id: `7d0d47e2-3f14-4f6a-9d2e-${String(i).padStart(12, '0')}`,
    name: 'x'.repeat(50),
  }))
  await admin.call('partners.change', { params: { ...inRealm, organization: 'acme' }, body: { authorize: items } })
  await eventually('both changes are hinted at', () => payloads.length >= 2)
  assert.deepEqual(new Set(payloads), new Set(['']))
})

test('abuse 219: if the database rejects hints, a change is committed and reaches others by their pull', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const owner = await aConnection(t, url)
  await owner.query(`create function public.pg_notify(text, text) returns void language plpgsql as $$
    begin raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$`)
  await owner.query(`alter database ${owner.database} set search_path = public, pg_catalog`)
  const { nodes, aKnownClient } = await startNodes(t, 2, { database: url })
  const [one, other] = nodes as [Node, Node]
  const client = await aKnownClient('acme')
  await one.admin.call('clients.update', { params: { ...inRealm, client: client.clientId }, body: { enabled: false } }, { ifMatch: '*' })
  assert.equal((await one.requestToken(client)).status, 401)
  await eventually('the other server refuses, too', async () => (await other.requestToken(client)).status === 401)
})

test('abuse 219: the session that listens for hints is in no transaction, so it blocks no other', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const store = await openStore(url)
  t.after(() => store.close())
  store.onHint(() => {})
  const watcher = await aConnection(t, url)
  const listener = async () =>
    (
      await watcher.query<{ query: string; state: string; since: Date | null }>(
        `select query, state, xact_start as since from pg_stat_activity
         where application_name = 'countersign hints' and datname = current_database()`,
      )
    ).rows
  for (const statement of [/^listen/, /pg_notification_queue_usage/])
    await eventually(`it has run ${statement}`, async () => {
      const [found] = await listener()
      return found !== undefined && found.state === 'idle' && found.since === null && statement.test(found.query)
    })
})

test('abuse 219: a foreign session that does not read the queue of hints shows in its usage', { skip }, async (t) => {
  const server = await startPostgres()
  t.after(() => server.close())
  const store = await openStore(server.url)
  t.after(() => store.close())
  const hints = createHints(createLogin({ location: server.url }), store.db)
  t.after(() => hints.close())
  hints.listen('changes', () => {})
  const forgetful = await aConnection(t, server.url)
  await forgetful.query('listen elsewhere')
  await forgetful.query('begin')
  const sender = await aConnection(t, server.url)
  await sender.query(`select pg_notify('elsewhere', repeat('x', 7000) || i) from generate_series(1, 100) as i`)
  assert.ok((await eventually('the usage is seen', () => hints.queueUsage() > 0 && hints.queueUsage())) < 0.5)
  await forgetful.query('commit')
  await eventually('the queue is empty again', () => hints.queueUsage() === 0)
})
