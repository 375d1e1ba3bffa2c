import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { verifyAuditLog } from '../src/audit/verify/verify-store.ts'
import { findArchivedChanges, readArchivedChanges } from '../src/recovery/archived-changes.ts'
import { findMissingEvents, readChangesOf } from '../src/recovery/missing-events.ts'
import { startTestServer } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const day = 86_400_000

/** A server with events of all classes, of two days, and its clock on the day on which the first of them are due. */
async function given(keep = '{ tokens: 10d, refusals: 20d, changes: 30d }', archive = 'archives') {
  const server = await startTestServer({ settings: `audit: { keep: ${keep}, archive: ${archive} }` })
  const { aClient, tokenOf, requestToken, database, folder, clock, upkeep, configuration } = server
  const archives = join(folder, 'archives')
  mkdirSync(archives)
  const client = await aClient(realm)
  const use = async () => {
    for (let i = 0; i < 3; i++) await tokenOf(realm, client)
    await requestToken(realm, { grant_type: 'client_credentials', client_id: client.clientId, client_secret: 'wrong' })
    await tokenOf(realm, client)
  }
  await use()
  clock.advance(day)
  await use()
  await upkeep.sealAudit()
  const count = async (condition: string) =>
    Number((await database.query(`select count(*) as count from audit_events where ${condition}`))[0]!['count'])
  return {
    ...server,
    archives,
    client,
    use,
    count,
    files: () => readdirSync(archives).toSorted(),
    tokens: () => count(`kind = 'token.request' and outcome = 'success' and realm = '${realm}'`),
    verify: (places: readonly string[] = [archives]) => verifyAuditLog(configuration, { archives: places }),
    linesOf: (file: string) =>
      gunzipSync(readFileSync(join(archives, file)))
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

test('fault 5.6: events are archived and removed when they are due, by class, and the rest is still proven', async () => {
  const { clock, upkeep, files, tokens, count, verify, linesOf } = await given()
  assert.equal(await tokens(), 8)
  clock.advance(10 * day)
  await upkeep.retainAudit()
  assert.equal(await tokens(), 4)
  const [file] = files()
  assert.match(file!, /^audit-tokens-20260115T\d{6}Z-20260115T\d{6}Z-1\.jsonl\.gz$/)
  const lines = linesOf(file!)
  assert.equal(lines[0].events, lines.filter((line) => line.kind === 'token.request').length)
  assert.ok(lines[0].seals > 0 && lines.filter((line) => 'seal' in line).length === lines[0].seals)

  const { fault, removed, archives } = await verify()
  assert.equal(fault, undefined)
  assert.deepEqual(
    [removed?.length, removed?.[0]?.class, removed?.[0]?.events, archives?.events],
    [1, 'tokens', lines[0].events, lines[0].events],
  )
  assert.deepEqual((await verify([])).archives?.given, false)
  assert.equal((await verify([])).fault, undefined)

  clock.advance(25 * day)
  await upkeep.sealAudit()
  await upkeep.retainAudit()
  assert.deepEqual([await tokens(), await count(`outcome = 'refused'`)], [0, 0])
  assert.equal(await count(`kind = 'audit.archive'`), files().length)
  assert.deepEqual((await verify()).fault, undefined)
  assert.deepEqual(
    (await verify()).removed?.map((one) => one.class),
    ['tokens', 'refusals', 'changes'],
  )
})

test('fault 5.6: by default everything is kept, however old it is', async () => {
  const { clock, upkeep, tokens, files } = await given('{}')
  clock.advance(10_000 * day)
  await upkeep.retainAudit()
  assert.deepEqual([await tokens(), files()], [8, []])
})

test('abuse 195: of two nodes whose clock jumps 90 days ahead, one archives each event once', async () => {
  const { clock, upkeep, files, verify, linesOf } = await given()
  clock.advance(90 * day)
  await upkeep.sealAudit()
  await upkeep.retainAudit()
  await upkeep.retainAudit()
  const ids = files().flatMap((file) =>
    linesOf(file)
      .filter((line) => 'id' in line)
      .map(({ id }) => id as string),
  )
  assert.equal(new Set(ids).size, ids.length)
  const { fault, archives } = await verify()
  assert.deepEqual([fault, archives?.events, archives?.unrecorded], [undefined, ids.length, []])
})

test('fault 5.6: a search says up to when events were removed, if it asks for that time', async () => {
  const { clock, upkeep, admin } = await given()
  clock.advance(10 * day)
  await upkeep.retainAudit()
  const search = async (from?: string) =>
    (await admin('audit.search', { params: {}, query: { limit: 1000, ...(from !== undefined && { from }) } })).removed
  assert.deepEqual(
    (await search())?.map((one) => [one.class, one.until.slice(0, 10)]),
    [['tokens', '2026-01-15']],
  )
  assert.equal((await search('2026-01-15T00:00:00Z'))?.length, 1)
  assert.equal(await search('2026-01-16T00:00:00Z'), undefined)
  const page = await admin('audit.search', { params: {}, query: { limit: 1 } })
  assert.deepEqual([page.next === null, page.removed], [false, undefined])
})

test('fault 5.6: a node whose archives cannot be written says so, serves on and deletes nothing', async () => {
  const { clock, upkeep, tokens, archives, tokenOf, client, log, expectErrors } = await given()
  expectErrors()
  rmSync(archives, { recursive: true })
  clock.advance(10 * day)
  await assert.rejects(upkeep.retainAudit(), /ENOENT/)
  assert.equal(await tokens(), 8)
  assert.ok(log.some((line) => line.includes('cannot be archived or removed')))
  await tokenOf(realm, client)
})

test('fault 5.6: what retention removed before a backup is not taken for lost after it', async () => {
  const { clock, upkeep, admin, client, configuration, count } = await given()
  const { items } = await admin('audit.search', { params: {}, query: { limit: 1000 } })
  clock.advance(40 * day)
  await upkeep.sealAudit()
  await upkeep.retainAudit()
  assert.equal(await count(`kind = 'clients.create' and client_id = '${client.clientId}'`), 0)
  assert.deepEqual(await findMissingEvents(configuration.store, items), [])
})

test('fault 5.6: changes made after a backup are found in the archives that have them', async () => {
  const { clock, upkeep, admin, client, configuration, archives, database } = await given()
  await admin('clients.update', { params: { realm, client: client.clientId }, body: { enabled: false } })
  const [last] = await database.query<{ id: string }>('select max(id) as id from audit_events')
  clock.advance(40 * day)
  await upkeep.sealAudit()
  await upkeep.retainAudit()
  const known = await readChangesOf(configuration.store)
  assert.deepEqual(
    known.filter(({ kind }) => kind === 'clients.update'),
    [],
  )
  // The backup is older than the change: it ends before the last of its events.
  await database.query('delete from audit_events')
  const found = await findArchivedChanges(configuration.store, known)
  assert.ok(found.files.length > 0 && last!.id !== '')
  const { events, missing } = await readArchivedChanges([archives], found.files)
  assert.deepEqual(
    [events.filter(({ kind }) => kind === 'clients.update').map(({ clientId }) => clientId), missing],
    [[client.clientId], []],
  )
  assert.deepEqual((await readArchivedChanges([], found.files)).missing, found.files)
  assert.deepEqual((await findArchivedChanges(configuration.store, known)).withoutArchive, 0)
})
