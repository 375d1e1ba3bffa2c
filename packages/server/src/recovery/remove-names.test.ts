import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { KyselyPlugin } from 'kysely'
import { verifyEvents } from '../audit/verify/verify-events.ts'
import { readKeyRing } from '../keys/read-key-ring.ts'
import { readStore } from '../store/inspect-store.ts'
import { isPostgresUrl } from '../store/location.ts'
import { aPerson } from '../../test/people.fixture.ts'
import { startTestServer, type TestServer } from '../../test/test-server.fixture.ts'
import { verifyAuditLog } from '../audit/verify/verify-store.ts'
import { findNameInStore } from './find-name-in-store.ts'

const realm = 'nt24-idp'
const params = { realm, organization: 'acme' }
const by = { removedBy: 'root@db1', reason: 'request 4711' }

/** An organization whose agreement was accepted by this person. */
async function anAcceptance(acceptedBy = 'Anna Berger, CEO', options = {}) {
  const server = await startTestServer(options)
  await server.admin('organizations.create', { params: { realm }, body: { slug: 'acme', name: 'Acme' } })
  await server.admin('dpa.accept', { params, body: { version: '2026-01', acceptedBy } })
  return server
}

async function removeName(server: TestServer, name: string, { acceptances = true } = {}) {
  const { events } = await findNameInStore(server.configuration, { name, members: undefined, ids: undefined })
  return server.removeNames({ name, members: undefined, events: events.map(({ id }) => id), archives: [], acceptances, ...by })
}

const verify = ({ configuration }: TestServer) => verifyAuditLog(configuration)
const rowOf = async ({ database }: TestServer, kind: string) =>
  (await database.query<{ id: string; detail: string }>('select id, detail from audit_events where kind = ? order by id desc', kind))[0]!

suite('removed names', () => {
  test('a name is taken out of the log, the acceptances and the file, and the log verifies and says so', async () => {
    const server = await anAcceptance()
    // Deleted rows stay in the file until something else is written there.
    const sole = { slug: 'sole', name: 'Berger, Anna' }
    await server.admin('organizations.create', { params: { realm }, body: sole })
    await server.admin('organizations.delete', { params: { realm, organization: sole.slug } })
    await removeName(server, sole.name)
    const found = await findNameInStore(server.configuration, { name: 'anna  BERGER', members: undefined, ids: undefined })
    assert.deepEqual(
      found.events.map(({ kind, members, texts }) => [kind, members, texts]),
      [['dpa.accept', ['detail.acceptedBy'], ['(removed), CEO']]],
    )
    assert.equal(found.acceptances, 1)
    const removed = await removeName(server, 'anna  BERGER')
    assert.deepEqual([removed.events, removed.acceptances], [1, 1])
    const { fault, removedNames = [] } = await verify(server)
    assert.equal(fault, undefined)
    assert.deepEqual(
      removedNames.map(({ events, removedBy, reason }) => [events, removedBy, reason]),
      [2, 1].map((events) => [events, by.removedBy, by.reason]),
    )
    const { items } = await server.admin('audit.search', { params: {}, query: { kind: 'dpa.accept' } })
    assert.equal(items[0]?.detail['acceptedBy'], '(removed), CEO')
    for (const table of await server.database.tables())
      assert.doesNotMatch(JSON.stringify(await server.database.query(`select * from ${table}`)), /anna|berger/i, table)
    if (isPostgresUrl(server.database.location)) return
    assert.equal(removed.fileRewritten, true)
    for (const end of ['', '-wal']) {
      const file = readFileSync(server.database.location.slice('sqlite:'.length) + end, 'latin1')
      assert.ok(!/anna|berger/i.test(file), `the name is in the file "${end}"`)
    }
  })

  test('the name and the address of a person who signed in to the portal are found, and leave nothing behind', async () => {
    const server = await startTestServer({ settings: 'portal: { enabled: true }' })
    const anna = { name: 'Anna Berger', address: 'anna.berger@acme.example' }
    const { id, browser, organization } = await aPerson(server, 'admin', undefined, anna)
    const ofPerson = { realm, organization, person: id }
    const invited = await browser.call('invitations.create', { params: { realm, organization }, body: { role: 'viewer' } })
    assert.equal(invited.statusCode, 201, invited.body)
    const search = { members: undefined, ids: undefined }
    const places = async (name: string) => (await findNameInStore(server.configuration, { name, ...search })).others
    assert.match((await places(anna.name)).map(({ command }) => command).join(), new RegExp(`person remove ${id} --realm ${realm}`))
    assert.match((await places(anna.address)).map(({ what }) => what).join(), /the address of the person/)
    await server.admin('people.remove', { params: ofPerson })
    assert.deepEqual(await places(anna.name), [])
    for (const text of Object.values(anna)) await removeName(server, text)
    assert.equal((await verify(server)).fault, undefined)
    for (const table of await server.database.tables())
      assert.doesNotMatch(JSON.stringify(await server.database.query(`select * from ${table}`)), /anna|berger/i, table)
  })

  test('a second name is removed from the same event, and what the first removal left cannot be put back', async () => {
    const server = await anAcceptance('Anna Berger and Jörg Weiß')
    await removeName(server, 'Anna Berger')
    const between = await rowOf(server, 'dpa.accept')
    assert.equal((await removeName(server, 'jörg weiß'.normalize('NFD'))).events, 1)
    const { detail, id } = await rowOf(server, 'dpa.accept')
    assert.match(detail, /"\(removed\) and \(removed\)"/)
    assert.equal((await verify(server)).fault, undefined)
    await server.database.query('update audit_events set detail = ? where id = ?', between.detail, id)
    assert.deepEqual((await verify(server)).fault?.id, id)
  })

  test('abuse 238: the name put back, another text, and a row without its record are told as altered', async () => {
    const server = await anAcceptance()
    const before = await rowOf(server, 'dpa.accept')
    await removeName(server, 'Anna Berger')
    const after = await rowOf(server, 'dpa.accept')
    const set = (detail: string) => server.database.query('update audit_events set detail = ? where id = ?', detail, before.id)
    for (const detail of [before.detail, after.detail.replace('(removed)', 'Eve')]) {
      await set(detail)
      const { fault } = await verify(server)
      assert.deepEqual([fault?.kind, fault?.id], ['altered', before.id])
    }
    await set(after.detail)
    assert.equal((await verify(server)).fault, undefined)
    await server.database.query(`delete from audit_events where kind = 'audit.removeName'`)
    const { fault } = await verify(server)
    assert.deepEqual([fault?.kind, fault?.id], ['altered', before.id])
  })

  test('abuse 238: without the audit key no record can be forged or widened', async () => {
    const server = await anAcceptance()
    await server.admin('organizations.create', { params: { realm }, body: { slug: 'other', name: 'Other' } })
    await removeName(server, 'Anna Berger')
    const victim = await rowOf(server, 'organizations.create')
    const record = await rowOf(server, 'audit.removeName')
    await server.database.query(`update audit_events set detail = replace(detail, 'Other', '(removed)') where id = ?`, victim.id)
    assert.equal((await verify(server)).fault?.id, victim.id)
    const accepted = await rowOf(server, 'dpa.accept')
    await server.database.query('update audit_events set detail = ? where id = ?', record.detail.replace(accepted.id, victim.id), record.id)
    assert.equal((await verify(server)).fault?.kind, 'altered')
  })

  test('a name that is removed during a verification is no fault', async () => {
    const server = await anAcceptance()
    const { configuration } = server
    const keys = {
      pepper: await readKeyRing('secret pepper', configuration.secretPepper),
      auditKey: await readKeyRing('audit key', configuration.auditKey!),
    }
    /** Removes the name between the records and the rows that the verification reads. */
    let removing: Promise<unknown> | undefined
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (result.rows.some((row) => 'last_event' in row)) await (removing ??= removeName(server, 'Anna Berger'))
        return result
      },
    }
    const { fault, removedNames = [] } = await readStore(configuration.store, (db) => verifyEvents(db.withPlugin(plugin), keys))
    assert.deepEqual([fault, removedNames.length], [undefined, 1])
  })

  test('abuse 238: from a row that is not as it was written no name is removed', async () => {
    const server = await anAcceptance()
    const { id } = await rowOf(server, 'dpa.accept')
    await server.database.query(`update audit_events set detail = replace(detail, 'CEO', 'CFO') where id = ?`, id)
    const { altered } = await findNameInStore(server.configuration, { name: 'Anna Berger', members: undefined, ids: undefined })
    assert.equal(altered, id)
    await assert.rejects(removeName(server, 'Anna Berger'), /is not as it was written, and no name can be removed from it/)
    assert.equal((await verify(server)).removedNames, undefined)
  })

  test('a name in the reason and in the record of a removal is removed, too', async () => {
    const server = await anAcceptance()
    await server.admin('organizations.suspend', { params, body: { reason: 'asked by Eve Adams on the phone' } })
    const removal = {
      name: 'Anna Berger',
      members: undefined,
      archives: [],
      acceptances: false,
      removedBy: 'eve adams@db1',
      reason: undefined,
    }
    const events = [(await rowOf(server, 'dpa.accept')).id]
    await server.removeNames({ ...removal, events })
    assert.equal((await removeName(server, 'Eve Adams')).events, 2)
    const { fault, removedNames = [] } = await verify(server)
    assert.equal(fault, undefined)
    assert.deepEqual(
      removedNames.map(({ removedBy }) => removedBy),
      ['(removed)@db1', by.removedBy],
    )
    assert.doesNotMatch(JSON.stringify(await server.database.query('select * from audit_events')), /eve adams/i)
  })

  test('the whole text of a chosen member is removed without a name, once', async () => {
    const server = await anAcceptance()
    const { id } = await rowOf(server, 'dpa.accept')
    const removal = { name: undefined, members: ['detail.acceptedBy'] as const, events: [id], archives: [], acceptances: false, ...by }
    assert.equal((await server.removeNames(removal)).events, 1)
    assert.equal((await server.removeNames(removal)).events, 0)
    assert.match((await rowOf(server, 'dpa.accept')).detail, /"acceptedBy":"\(removed\)"/)
    assert.equal((await verify(server)).fault, undefined)
  })

  test('a file that another program reads, or whose rewriting was interrupted, is rewritten by the next run', async (t) => {
    const server = await anAcceptance()
    if (isPostgresUrl(server.database.location)) return t.skip('PostgreSQL rewrites its files itself')
    const reader = new DatabaseSync(server.database.location.slice('sqlite:'.length), { readOnly: true })
    reader.exec('begin; select * from settings')
    assert.equal((await removeName(server, 'Anna Berger')).fileRewritten, false)
    const search = { name: 'Anna Berger', members: undefined, ids: undefined }
    const { events, fileUnfinished } = await findNameInStore(server.configuration, search)
    assert.deepEqual([events.length, fileUnfinished], [0, true])
    reader.close()
    assert.equal((await removeName(server, 'Anna Berger')).fileRewritten, true)
    assert.equal((await findNameInStore(server.configuration, search)).fileUnfinished, false)
    assert.equal((await verify(server)).removedNames?.length, 1)
  })

  test('fault 5.6: a name is taken out of archives, which still prove their events', async () => {
    const settings = 'audit: { keep: { changes: 30d }, archive: archives }'
    const server = await anAcceptance('Anna Berger', { nodes: 1, settings })
    const { folder, clock, upkeep, configuration } = server
    const archives = join(folder, 'archives')
    mkdirSync(archives)
    await upkeep.sealAudit()
    clock.advance(40 * 86_400_000)
    await upkeep.retainAudit()
    const [before, ...more] = readdirSync(archives)
    assert.deepEqual(more, [])
    const search = { name: 'Anna Berger', members: undefined, ids: undefined, archives: [archives] }
    const found = await findNameInStore(configuration, search)
    assert.deepEqual([found.events.length, found.archives.map(({ events }) => events.map(({ texts }) => texts))], [0, [[['(removed)']]]])
    const chosen = found.archives.map(({ path, piece, events }) => ({ path, piece: piece!, events: events.map(({ id }) => id) }))
    const removal = { name: 'Anna Berger', members: undefined, events: [], archives: chosen, acceptances: true, ...by }
    const removed = await server.removeNames(removal)
    assert.equal(removed.events, 1)
    const after = readdirSync(archives)
    assert.deepEqual([after, after.includes(before!)], [removed.archives, false])
    assert.doesNotMatch(gunzipSync(readFileSync(join(archives, after[0]!))).toString(), /anna/i)
    const { fault, archives: verified, removedNames } = await verifyAuditLog(configuration, { archives: [archives] })
    assert.deepEqual([fault, verified?.proven, removedNames?.length], [undefined, after, 2])
    assert.deepEqual((await findNameInStore(configuration, search)).archives, [])

    const lines = gunzipSync(readFileSync(join(archives, after[0]!)))
      .toString()
      .replace('(removed)', '(changed)')
    writeFileSync(join(archives, after[0]!), gzipSync(lines))
    assert.equal((await verifyAuditLog(configuration, { archives: [archives] })).fault?.kind, 'archive')
  })

  test('fault 5.6: an event whose name was removed is archived when it is due', async () => {
    const settings = 'audit: { keep: { changes: 30d }, archive: archives }'
    const server = await anAcceptance('Anna Berger', { nodes: 1, settings })
    const archives = join(server.folder, 'archives')
    mkdirSync(archives)
    await removeName(server, 'Anna Berger')
    await server.upkeep.sealAudit()
    server.clock.advance(40 * 86_400_000)
    await server.upkeep.retainAudit()
    const kinds = await server.database.query<{ kind: string }>('select distinct kind from audit_events order by kind')
    assert.deepEqual(
      [kinds.some(({ kind }) => kind === 'audit.removeName'), kinds.some(({ kind }) => kind === 'dpa.accept')],
      [true, false],
    )
    const { fault, archives: verified } = await verifyAuditLog(server.configuration, { archives: [archives] })
    assert.deepEqual([fault, verified?.proven.length], [undefined, 1])
  })

  test('abuse 160: a role of the database that may not change events is told which right is missing', async (t) => {
    const server = await anAcceptance('Anna Berger', { nodes: 1 })
    if (!isPostgresUrl(server.database.location)) return t.skip('SQLite has no roles')
    await server.database.query('revoke update, delete on audit_events from current_user')
    await assert.rejects(removeName(server, 'Anna Berger'), {
      name: 'StoreError',
      message: /may not change events of the audit log: .*"grant update \(reason, on_behalf_of, detail\) on audit_events to ROLE"/,
    })
    await server.database.query('grant update (reason, on_behalf_of, detail) on audit_events to current_user')
    assert.equal((await removeName(server, 'Anna Berger')).events, 1)
    assert.equal((await verify(server)).fault, undefined)
  })
})
