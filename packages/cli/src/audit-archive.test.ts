import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer, loadConfiguration } from '@countersign/server'
import { aFolder } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const day = 86_400_000

/** A store with changes of forty days ago. */
async function aStore() {
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  assert.equal((await callCommand(`init --config ${config}`)).exitCode, 0)
  const then = Date.now() - 40 * day
  const server = await createServer({ configuration: loadConfiguration(config), clock: () => then, logStream: { write: () => {} } })
  await server.createOperator({ name: 'Former' })
  await server.close()
  const archives = join(folder, 'archives')
  const audit = (command: string, more = '') => callCommand(`audit ${command} --config ${config} ${more}`.trim())
  const configure = () => appendFileSync(config, '\naudit: { keep: { changes: 30d }, archive: archives }\n')
  return { archives, audit, configure }
}

test('fault 5.6: archives are written, listed and verified by commands', async () => {
  const { archives, audit, configure } = await aStore()
  assert.match((await audit('archive list')).stdout, /^None: nothing was removed/)
  assert.match((await audit('archive run')).stdout, /"audit\.keep" keeps every event forever/)
  configure()
  const planned = await audit('archive run', '--dry-run')
  assert.match(planned.stdout, /changes +\d{4}-[^ ]+ +\d{4}-[^ ]+ +(\d+)\n\nArchives would be written to ".*archives"/)

  const failed = await audit('archive run')
  assert.equal(failed.exitCode, 8)
  assert.match(failed.stderr, /Error: No archive can be written to the folder ".*archives" \("audit\.archive"\): ENOENT/)
  mkdirSync(archives)
  const events = /(\d+)\n\nArchives/.exec(planned.stdout)![1]
  assert.match((await audit('archive run')).stdout, new RegExp(`Removed ${events} events\\. Archives written: 1\\.`))
  assert.equal((await audit('archive run')).stdout, 'Nothing is due.\n')
  const [file] = readdirSync(archives)

  assert.match(
    (await audit('archive list')).stdout,
    new RegExp(`changes .* ${events} +\\d+ +removed +intact +${file}\n\nFolder: .*archives`),
  )
  const verified = await audit('verify', `--archive ${archives}`)
  assert.equal(verified.exitCode, 0, verified.stdout)
  assert.match(
    verified.stdout,
    new RegExp(
      `removed +${events} changes, as recorded; all changes after .* are in the store\narchives +1 as they were written, with ${events} events`,
    ),
  )
  assert.match((await audit('verify')).stdout, /Removed events were not verified: pass the folder of their archives with --archive/)

  rmSync(join(archives, file!))
  const missing = await audit('verify', `--archive ${archives}`)
  assert.deepEqual([missing.exitCode, missing.stdout.includes(`The archive "${file}" of the audit log is missing`)], [6, true])
  assert.match((await audit('archive list')).stdout, / missing /)
})
