import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand, runCommand } from './process.fixture.ts'

await startTestDemo()
await callCommand('organization create --realm prod --slug audited --name Audited')

test('search prints operations, newest first', async () => {
  const { stdout } = await callCommand('audit search --kind organizations.create --limit 1')
  assert.match(stdout, /^AT +KIND +OUTCOME.*\n\d{4}-\S+ +organizations\.create +success +\S/)
  assert.match(stdout, /More items follow: add --after /)
})

test('a search in a period without events finds nothing', async () => {
  assert.equal((await callCommand('audit search --to 2000-01-01')).stdout, 'None.\n')
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
  assert.match(stderr, /--kind: expected one of .*organizations\.create/)
})

test('changes are found by who made them, and events by their request', async () => {
  const [created] = JSON.parse((await callCommand('audit search --kind organizations.create --limit 1 --json')).stdout).items
  const find = async (filters: string) => JSON.parse((await callCommand(`audit search ${filters} --json`)).stdout).items as { id: string }[]
  assert.deepEqual(await find(`--request ${created.requestId}`), [created])
  assert.ok((await find(`--actor ${created.detail.by.client} --kind organizations.create`)).some(({ id }) => id === created.id))
})
