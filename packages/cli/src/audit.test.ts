import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

const { serverUrl, operator } = await startTestDemo()
await callCommand('organization create --realm prod --slug audited --name Audited')

test('search prints operations, newest first', async () => {
  const { stdout } = await callCommand('audit search --kind organizations.create --limit 1')
  assert.match(
    stdout,
    /^TIME +KIND +OUTCOME +ABOUT +WHO +WHAT +REQUEST\n\d{4}-\S+Z +organizations\.create +success +audited +operator-\S+ +"Audited" +\S/,
  )
  assert.match(stdout, /More items follow: add --after /)
})

test('a search in a period without events finds nothing', async () => {
  const { stdout } = await callCommand('audit search --changes --to 2000-01-01')
  assert.match(stdout, /^None\. Looked for: --changes --to 2000-01-01\nNext: leave one of these filters out/)
})

test('"audit changes" is the search for changes, with its filters, and has REALM where all realms are asked', async () => {
  const changes = await callCommand('audit changes --kind organizations.create,token.request --limit 3')
  assert.match(changes.stdout, /^TIME +REALM +KIND +/)
  assert.doesNotMatch(changes.stdout, /token\.request/)
  assert.equal(changes.stdout, (await callCommand('audit search --changes --kind organizations.create,token.request --limit 3')).stdout)
  assert.match((await callCommand('audit changes --changes')).stderr, /unknown option '--changes'/)
})

test('export prints every event as a line of JSON, newest first', async () => {
  const { stdout } = await runCommand('audit export --kind organizations.create')
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string; kind: string })
  assert.ok(events.length > 5)
  assert.deepEqual(
    events.map(({ at }) => at),
    events
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  )
  assert.ok(events.every(({ kind }) => kind === 'organizations.create'))
})

test('an organization is named by its slug or its id; a slug requires its realm', async () => {
  const { id } = JSON.parse((await callCommand('organization show audited --realm prod --json')).stdout)
  const kinds = async (filters: string) =>
    JSON.parse((await callCommand(`audit search ${filters} --json`)).stdout).items.map(({ kind }: { kind: string }) => kind)
  assert.deepEqual(await kinds(`--organization ${id}`), ['organizations.create'])
  assert.deepEqual(await kinds('--organization audited --realm prod'), ['organizations.create'])
  const alone = await callCommand('audit search --organization audited')
  assert.match(alone.stderr, /"audited" is a slug, which is unique only within a realm\.\nNext: Add --realm, or use the id/)
  assert.match((await callCommand('audit search --organization nobody --realm prod')).stderr, /no organization "nobody"/)
})

test('fault 8.6: a search for an unknown kind is wrong usage and lists the kinds', async () => {
  const { exitCode, stderr } = await callCommand('audit search --kind nonsense')
  assert.equal(exitCode, 2)
  assert.match(stderr, /--kind: expected one of\n[^]* organizations\.create/)
})

test('changes are found by who made them, and events by their request', async () => {
  const [created] = JSON.parse((await callCommand('audit search --kind organizations.create --limit 1 --json')).stdout).items
  const find = async (filters: string) => JSON.parse((await callCommand(`audit search ${filters} --json`)).stdout).items as { id: string }[]
  assert.deepEqual(await find(`--request ${created.requestId}`), [created])
  assert.deepEqual(await find(`--by ${created.detail.by.client}`), await find(`--actor ${created.detail.by.client}`))
  assert.ok((await find(`--actor ${created.detail.by.client} --kind organizations.create`)).some(({ id }) => id === created.id))
})

test('several kinds, changes only and a time before now are filters; two that mean the same are wrong usage', async () => {
  const kinds = async (filters: string) => {
    const { items } = JSON.parse((await callCommand(`audit search ${filters} --limit 200 --json`)).stdout) as { items: { kind: string }[] }
    return new Set(items.map(({ kind }) => kind))
  }
  const some = await kinds('--kind organizations.create --kind clients.create,token.request --since 1h')
  assert.deepEqual([...some].toSorted(), ['clients.create', 'organizations.create', 'token.request'])
  const changes = await kinds('--changes')
  assert.ok(changes.has('organizations.create') && !changes.has('token.request'))
  for (const both of ['--by a --actor b', '--since 1h --from 2026-01-31']) {
    const { exitCode, stderr } = await callCommand(`audit search ${both}`)
    assert.deepEqual([exitCode, /are both given, and mean the same/.test(stderr)], [2, true])
  }
})

test('a refusal says who and why', async () => {
  const env = { COUNTERSIGN_SERVER: serverUrl, COUNTERSIGN_CLIENT_ID: operator.clientId, COUNTERSIGN_CLIENT_SECRET: 'x'.repeat(40) }
  await callCommand('realm list', env)
  const { stdout } = await callCommand('audit search --outcome refused --limit 1')
  assert.match(stdout, /^TIME +KIND +OUTCOME +ABOUT +WHO +WHY +REQUEST\n/)
  assert.match(stdout, new RegExp(`token\\.request +refused +operators +${operator.clientId} +secret-mistyped `))
})

test('an export with a cursor file prints each event once, oldest first', async () => {
  const folder = aFolder()
  const args = 'audit export --cursor-file cursor --kind organizations.create'
  const ids = async () => {
    const { stdout, stderr, exitCode } = await runCommand(args, { cwd: folder })
    assert.equal(exitCode, 0, stderr)
    return stdout.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { id: string }).id) // prettier-ignore
  }
  const first = await ids()
  assert.deepEqual([first.length > 0, first], [true, first.toSorted()])
  const second = await ids() // What was too young before.
  assert.ok(!second.some((id) => first.includes(id)))
})

test('an export that follows prints what comes, and SIGTERM ends it', async () => {
  const cursor = join(aFolder(), 'cursor')
  const follower = await startCommand(`audit export --follow --since 1h --changes --cursor-file ${cursor}`, '"audited"')
  const { exitCode, stdout, stderr } = await follower.stop()
  assert.deepEqual([exitCode, stderr], [0, ''])
  const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { id: string; kind: string }) // prettier-ignore
  assert.ok(lines.every(({ kind }) => kind !== 'token.request'))
  assert.match(readFileSync(cursor, 'utf8'), /^oldest\.\S+\n$/)
})
