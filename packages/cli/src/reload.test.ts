import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServed } from './served.fixture.ts'

const reloaded = /the secret pepper was read again/g

test('fault 6.5: SIGHUP does not end a server without TLS, and the log says that there was nothing to reload', async () => {
  const { server, requestToken } = await startServed()
  server.send('SIGHUP')
  assert.equal(await requestToken(), 200)
  server.send('SIGHUP')
  assert.equal(await requestToken(), 200)
  const { exitCode, stderr } = await server.stop()
  assert.equal(exitCode, 0)
  assert.equal(stderr.match(reloaded)?.length, 2, stderr)
})

test('fault 6.5: SIGHUP does not end a server that still starts; it counts when the server listens', async () => {
  const program = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { readFileSync } = fs
    fs.readFileSync = (file, ...rest) => {
      if (String(file).endsWith('countersign.yaml')) process.kill(process.pid, 'SIGHUP')
      return readFileSync(file, ...rest)
    }
    syncBuiltinESMExports()`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` }
  const { server, requestToken } = await startServed({ env })
  assert.equal(await requestToken(), 200)
  const { exitCode, stderr } = await server.stop()
  assert.equal(exitCode, 0)
  assert.match(stderr, reloaded)
})

test('fault 6.5: SIGHUP does not end a server whose program has just begun', async () => {
  const program = `
    const { umask } = process
    process.umask = (mask) => (process.kill(process.pid, 'SIGHUP'), umask(mask))`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` }
  const { server, requestToken } = await startServed({ env })
  assert.equal(await requestToken(), 200)
  assert.equal((await server.stop()).exitCode, 0)
})

test('fault 6.5: SIGHUP does not end a server that stops: it stops in order', async () => {
  const { server } = await startServed({ settings: 'shutdownDelay: 1s' })
  server.send('SIGTERM')
  const { exitCode, stderr } = await server.stop('SIGHUP')
  assert.equal(exitCode, 0)
  assert.match(stderr, /stopping: reporting not ready/)
})
