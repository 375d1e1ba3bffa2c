import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigurationError } from './configuration.ts'
import { createSecretReader } from './secret-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-secret-'))
after(() => rmSync(folder, { recursive: true }))
const setting = 'console.signIn.oidc.clientSecret'

test('a file is read again at each call', () => {
  const file = join(folder, 'secret')
  writeFileSync(file, 'first\n', { mode: 0o600 })
  const read = createSecretReader(setting, `file:${file}`)
  assert.equal(read(), 'first')
  writeFileSync(file, 'second')
  assert.equal(read(), 'second')
})

test('a variable is read once, and gone', () => {
  process.env['SECRET_OF_A_TEST'] = 'from outside'
  const read = createSecretReader(setting, 'env:SECRET_OF_A_TEST')
  assert.equal(process.env['SECRET_OF_A_TEST'], undefined)
  assert.deepEqual([read(), read()], ['from outside', 'from outside'])
})

test('a secret that is missing, empty or open to all stops the start, with the name of the setting', () => {
  const open = join(folder, 'open')
  writeFileSync(open, 'secret')
  chmodSync(open, 0o644)
  const empty = join(folder, 'empty')
  writeFileSync(empty, '\n', { mode: 0o600 })
  for (const location of [`file:${open}`, `file:${empty}`, `file:${join(folder, 'missing')}`, 'env:NOT_SET_BY_A_TEST'])
    assert.throws(
      () => createSecretReader(setting, location),
      (error) => error instanceof ConfigurationError && error.message.startsWith(`${setting}: `) && !error.message.includes('secret\n'),
      location,
    )
})
