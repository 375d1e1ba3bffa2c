// Retention in a server that is killed: the archives and the store have every event once.
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer, loadConfiguration, verifyAuditLog } from '@countersign/server'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, commandFile, startNode } from './process.fixture.ts'

const dayMs = 86_400_000
/** Each makes one archive, which changes its folder twice at least. */
const days = 6
const kills = 3

/** A server begins a minute after its start; this one, at once. */
const withoutWaiting = `data:text/javascript,${encodeURIComponent(
  'const wait = globalThis.setTimeout; globalThis.setTimeout = (work, ms, ...rest) => wait(work, ms === 60000 ? 1 : ms, ...rest)',
)}`

/** A store with changes of some past days, and how many of them are due. */
async function aStore() {
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  assert.equal((await callCommand(`init --config ${config}`)).exitCode, 0)
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', String(await findFreePorts())))
  for (let past = 40; past > 40 - days; past--) {
    const then = Date.now() - past * dayMs
    const server = await createServer({ configuration: loadConfiguration(config), clock: () => then, logStream: { write: () => {} } })
    await server.createOperator({ name: `Former ${past}` })
    await server.close()
  }
  const archives = join(folder, 'archives')
  mkdirSync(archives)
  appendFileSync(config, '\naudit: { keep: { changes: 30d }, archive: archives }\n')
  const planned = JSON.parse((await callCommand(`audit archive run --config ${config} --dry-run --json`)).stdout)
  const due = (planned.due as { events: number }[]).reduce((sum, { events }) => sum + events, 0)
  return { folder, config, archives, due }
}

test('fault 5.6: kill -9 of a server that removes audit events loses none of them, and archives none twice', async (t) => {
  const { folder, config, archives, due } = await aStore()
  const start = () => startNode(['--import', withoutWaiting, commandFile, 'serve', '--config', config], { cwd: folder })
  for (let run = 0; run < kills; run++) {
    const [change, delayMs] = [1 + Math.floor(Math.random() * 3), Math.floor(Math.random() * 60)]
    t.diagnostic(`killed ${delayMs} ms after change ${change} of the folder of archives`)
    const child = start()
    let changes = 0
    const watcher = watch(archives, () => ++changes === change && setTimeout(child.kill, delayMs))
    const { stderr } = await child.ended
    watcher.close()
    assert.ok(changes >= change, stderr)
  }
  assert.equal((await callCommand(`audit archive run --config ${config}`)).exitCode, 0)
  const { archives: found } = JSON.parse((await callCommand(`audit archive list --config ${config} --json`)).stdout)
  const list = found as { events: number; state: string; archive: string }[]
  assert.deepEqual([...new Set(list.map(({ state, archive }) => `${state} ${archive}`))], ['removed intact'])
  assert.equal(
    list.reduce((sum, { events }) => sum + events, 0),
    due,
  )
  const verified = await verifyAuditLog(loadConfiguration(config), { archives: [archives] })
  assert.equal(verified.fault, undefined)
})
