// Runs the commands for integrators in docs/rotation.md as written, against a demo on another port.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { skipWithoutCurl } from './curl.fixture.ts'
import { aFolder, startTestDemo } from './demo.fixture.ts'

const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'rotation.md'), 'utf8')

test('an integrator rotates a secret with curl by the steps of the guide', { skip: skipWithoutCurl() }, async () => {
  const { serverUrl } = await startTestDemo()
  const [, block = ''] = /## For the integrator[^]*?```sh\n([^]*?)```/.exec(guide) ?? []
  const commands = block.replace('http://localhost:8080', serverUrl).replace('.countersign/', `${process.env['COUNTERSIGN_HOME']}/`)
  assert.notEqual(commands, block)
  const cwd = aFolder()
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands], { cwd })
  const started = JSON.parse(readFileSync(join(cwd, 'started.json'), 'utf8'))
  assert.deepEqual([started.state, started.startedBy], ['issued', 'client'])
  assert.match(stdout, /"state":"overlapping".*"startedBy":"client".*problems\/old-secret-in-use/s)
})
