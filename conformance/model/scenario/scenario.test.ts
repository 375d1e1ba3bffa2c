// Records a run of two nodes and a guard and holds it against the model. Takes 35 s.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { replayFiles } from '../replay.ts'
import { listPatches } from './code-faults.ts'
import { runScenario } from './scenario.ts'

test(
  'a recorded run of two nodes and a guard keeps the invariants of the model',
  { skip: skipWithoutPostgres(), timeout: 100_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-scenario-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'steps.jsonl')
    await runScenario(file)
    const { findings, steps, unknownTokens } = replayFiles([file])
    assert.deepEqual(findings, [])
    assert.equal(unknownTokens, 0)
    for (const kind of ['issued', 'denied', 'accepted', 'refused', 'unavailable', 'published', 'seen', 'key'])
      assert.ok((steps[kind] ?? 0) > 1, `${kind}: ${steps[kind]}`)
  },
)

for (const patch of listPatches()) {
  test(`the fault ${basename(patch, '.patch')} still fits the code`, () => {
    const { status, stderr } = spawnSync('git', ['apply', '--check', patch], {
      cwd: resolve(import.meta.dirname, '../../..'),
      encoding: 'utf8',
    })
    assert.equal(status, 0, `${stderr}Make the patch again; \`npm run model -- --code-faults\` shows whether it is found.`)
  })
}

test('there are at least ten faults', () => {
  assert.ok(listPatches().length >= 10)
})
