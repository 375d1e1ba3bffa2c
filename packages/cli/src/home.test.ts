import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError } from './output.ts'

process.env['COUNTERSIGN_HOME'] = aFolder()

test('COUNTERSIGN_HOME names the folder of the demo', () => {
  assert.equal(demoStateFile(), join(process.env['COUNTERSIGN_HOME'] ?? '', 'demo.json'))
})

test('a demo that was never started has no state', () => {
  assert.equal(findDemoState(), undefined)
})

for (const [what, text] of Object.entries({ 'cut off': '{"serverUrl": "http', 'another document': '{}', 'the word null': 'null' })) {
  test(`a state file that is ${what} is named in an error that says what to do`, () => {
    writeFileSync(demoStateFile(), text)
    assert.throws(findDemoState, (error) => {
      assert.ok(error instanceof CommandError)
      assert.match(error.message, /demo\.json" is not the state of a demo: /)
      assert.match(error.next, /Remove that file and start the demo/)
      return true
    })
  })
}
