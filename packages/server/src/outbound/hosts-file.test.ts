import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createHostsFile } from './hosts-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-hosts-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'hosts')

test('all addresses of a name are found in the hosts file, whatever its case, and nothing in a comment', async () => {
  writeFileSync(
    path,
    '# 1.1.1.1 old.example\r\n10.0.0.1\tidp.example IDP # was.example\r\n\n ::1 idp.example\nfe80::1%lo0 scoped\nnonsense no.example\n',
  )
  const find = createHostsFile({ path })
  const both = [
    { address: '10.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  for (const name of ['idp.example', 'idp.example.']) assert.deepEqual(await find(name), both)
  assert.deepEqual(await find('idp'), both.slice(0, 1))
  assert.deepEqual(await find('scoped'), [{ address: 'fe80::1%lo0', family: 6 }])
  for (const name of ['old.example', 'was.example', 'no.example', '#', '__proto__']) assert.deepEqual(await find(name), [])
})

test('a change of the hosts file counts some seconds later, and one that is not there has no names', async () => {
  let now = 0
  const find = createHostsFile({ path, now: () => now })
  rmSync(path)
  assert.deepEqual(await find('idp.example'), [])
  writeFileSync(path, '10.0.0.1 idp.example\n')
  now = 4999
  assert.deepEqual(await find('idp.example'), [])
  now = 5000
  assert.deepEqual(await find('idp.example'), [{ address: '10.0.0.1', family: 4 }])
  writeFileSync(path, '10.0.0.2 idp.example\n')
  utimesSync(path, 1, 1)
  now = 10_000
  assert.deepEqual(await find('idp.example'), [{ address: '10.0.0.2', family: 4 }])
})

test('of a hosts file that is too large only the beginning is read, without the line that is cut', async () => {
  writeFileSync(path, `10.0.0.1 first.example\n${'#'.repeat(1_048_576 - 23 - 18)}\n10.0.0.2 cut.example\n10.0.0.3 last.example\n`)
  const find = createHostsFile({ path })
  assert.equal((await find('first.example')).length, 1)
  for (const name of ['cut.exa', 'cut.exam', 'cut.example', 'last.example']) assert.deepEqual(await find(name), [], name)
})
