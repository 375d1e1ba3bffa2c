import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { runCommand } from './process.fixture.ts'

test('compiled code is cached for the next start, readable by the user only', async () => {
  const cache = aFolder()
  await runCommand('--version', { env: { XDG_CACHE_HOME: cache } })
  const folder = join(cache, 'countersign', 'compiled')
  assert.notEqual(readdirSync(folder).length, 0)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('a service uses the cache folder that systemd created', async () => {
  const [cache, ofService] = [aFolder(), aFolder()]
  await runCommand('--version', { env: { XDG_CACHE_HOME: cache, CACHE_DIRECTORY: ofService } })
  assert.deepEqual([existsSync(join(cache, 'countersign')), existsSync(join(ofService, 'compiled'))], [false, true])
})

test('a cache folder that another user can write to is not used', async () => {
  const cache = aFolder()
  const folder = join(cache, 'countersign', 'compiled')
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o777)
  const { exitCode } = await runCommand('--version', { env: { XDG_CACHE_HOME: cache } })
  assert.deepEqual([exitCode, readdirSync(folder)], [0, []])
})

test('a command runs without a cache where no folder is writable', async () => {
  const { exitCode, stderr } = await runCommand('--version', { env: { XDG_CACHE_HOME: '/dev/null' } })
  assert.deepEqual([exitCode, stderr], [0, ''])
})
