import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
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

test('fault 6.7: a cache is begun anew after 30 days, because nothing else removes what earlier versions left', async () => {
  const cache = aFolder()
  const folder = join(cache, 'countersign', 'compiled')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'left'), '')
  const inDays = (days: number) => {
    const program = `const now = Date.now; Date.now = () => now() + ${days} * 86_400_000`
    return { XDG_CACHE_HOME: cache, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` }
  }
  await runCommand('--version', { env: inDays(29) })
  assert.ok(existsSync(join(folder, 'left')))
  await runCommand('--version', { env: inDays(31) })
  assert.equal(existsSync(join(folder, 'left')), false)
  assert.notEqual(readdirSync(folder).length, 0)
})
