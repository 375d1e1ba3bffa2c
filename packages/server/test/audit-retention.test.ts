import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { verifyAuditLog } from '../src/audit/verify/verify-store.ts'
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
