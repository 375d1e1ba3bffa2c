import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { close, open } from 'node:inspector'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { runCommand, startCommand } from './process.fixture.ts'
import { refuseInspector } from './refuse-inspector.ts'

test('abuse 206: a server that is reached from elsewhere does not start with a debugger, one at localhost does', (t) => {
  open(0, '127.0.0.1')
  t.after(close)
  assert.throws(() => refuseInspector('https://auth.example.com'), /debugger.*can read every key/)
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]']) refuseInspector(`http://${host}`)
})

test('abuse 206: SIGUSR1 opens no debugger in a running server', { skip: process.platform === 'win32' }, async () => {
  const folder = aFolder()
  await runCommand('init', { cwd: folder })
  const file = join(folder, 'countersign.yaml')
  const settings = readFileSync(file, 'utf8').replace(/^publicUrl: .*$/m, 'publicUrl: https://auth.example.com\nbehindTlsProxy: true')
  writeFileSync(file, settings.replaceAll('8080', String(await findFreePorts())))
  const server = await startCommand('serve --config countersign.yaml', 'Serving https://auth.example.com', { cwd: folder })
  server.send('SIGUSR1')
  const { exitCode, stderr } = await server.stop()
  assert.equal(exitCode, 0, stderr)
  assert.doesNotMatch(stderr, /Debugger listening/)
})

test('abuse 206: the unit of the guide lets systemd write no core dump', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/operating.md'), 'utf8')
  assert.match(guide, /\[Service\]\n(?:[^\n]+\n)*LimitCORE=0\n/)
})
