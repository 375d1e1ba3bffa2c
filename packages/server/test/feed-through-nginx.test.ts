// The nginx of docs/operating.md, as it stands there, in front of a server: streams of changes pass through it unbuffered.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStream } from './event-stream.fixture.ts'
import { findFreePort } from './free-port.fixture.ts'
import { skipWithout } from './installed-program.fixture.ts'
import { eventually } from './store/processes.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'

const skip = skipWithout({
  name: 'nginx',
  debianPackage: 'nginx-light',
  isThere: () => existsSync('/usr/sbin/nginx'),
  before: `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d`,
  after: 'rm -f /usr/sbin/policy-rc.d',
})

test('a change passes through the nginx of the guide at once, and so does the end of a stream', { skip, timeout: 30_000 }, async (t) => {
  const server = await startTestServerOnAnyStore({ nodes: 1 })
  const { port } = await server.listen()
  const front = await findFreePort()
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'))
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/operating.md'), 'utf8')
  const [, text = ''] = /^cat > nginx\.conf <<'END'\n([^]*?)\nEND$/m.exec(guide) ?? []
  assert.match(text, /proxy_read_timeout 20s/) // Heartbeats come every 2.5 s.
  writeFileSync(
    join(folder, 'nginx.conf'),
    text.replace(/127\.0\.0\.1:808[123]/g, `127.0.0.1:${port}`).replace('127.0.0.1:8088', `127.0.0.1:${front}`),
  )
  const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], { stdio: 'ignore' })
  t.after(async () => {
    nginx.kill()
    if (nginx.exitCode === null) await once(nginx, 'exit')
    rmSync(folder, { recursive: true })
  })
  const base = `http://127.0.0.1:${front}`
  await eventually('nginx answers', async () => (await fetch(`${base}/readyz`).catch(() => undefined))?.ok === true, 10)

  const reader = await server.aClient('prod', { slug: 'reader', scopes: ['entitlements:read'] })
  const other = await server.aClient('prod', { slug: 'other' })
  const headers = { 'accept-encoding': 'gzip, br' }
  const stream = await openStream(`${base}/auth/realms/prod/v1/changes`, { token: await server.tokenOf('prod', reader), headers })
  assert.deepEqual([stream.response.statusCode, stream.response.headers['content-encoding']], [200, undefined])
  assert.equal((await stream.next())?.data.changes, null)
  await server.admin('clients.update', { params: { realm: 'prod', client: other.clientId }, body: { name: 'another' } })
  assert.deepEqual(
    (await stream.nextChange())?.data.changes?.map(({ clientId }) => clientId),
    [other.clientId],
  )
  const heartbeat = await stream.next()
  assert.deepEqual(heartbeat?.data.changes, [])
  await server.admin('clients.delete', { params: { realm: 'prod', client: reader.clientId } })
  assert.deepEqual((await stream.nextChange())?.data, { reason: 'client' })
  assert.equal(await stream.next(), undefined)
})
