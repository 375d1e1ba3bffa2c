// Runs the commands of docs/evaluation.md as written, against a demo on another port.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { skipWithoutCurl } from './curl.fixture.ts'
import { aFolder, startTestDemo } from './demo.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const guide = readFileSync(join(root, 'docs', 'evaluation.md'), 'utf8')

test('an API asks for a decision with curl by the steps of the guide', { skip: skipWithoutCurl() }, async () => {
  const { serverUrl } = await startTestDemo()
  const [, block = ''] = /```sh\n([^]*?)```/.exec(guide) ?? []
  const commands = block
    .replaceAll('http://localhost:8080', serverUrl)
    .replaceAll('npm run -s countersign --', `npm run -s --prefix "${root}" countersign --`)
  assert.notEqual(commands, block)
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands], { cwd: aFolder() })
  const { decision, context } = JSON.parse(stdout) as { decision: boolean; context: { code: string; status: number } }
  assert.deepEqual([decision, context.code, context.status], [false, 'partner-not-authorized', 403])
})
