import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { aSmallDisk, skipWithoutSmallDisk } from '../test/small-disk.fixture.ts'
import { createLogDestination } from './log-destination.ts'

test('fault 6.1: a full disk costs lines; with free space again the log tells how many', { skip: skipWithoutSmallDisk() }, (t) => {
  const disk = aSmallDisk(t, 64)
  const file = join(disk.folder, 'log')
  const fd = openSync(file, 'a')
  t.after(() => closeSync(fd))
  const { write, dropped, failure } = createLogDestination({ fd, write() {} } as { write(): void }, () => 1)
  write('first\n')
  disk.fill()
  // The page of the first line has space for a part of the second.
  write(`${'x'.repeat(5000)}\n`)
  write('third\nfourth\n')
  assert.deepEqual([dropped(), failure()], [3, 'ENOSPC'])
  disk.free()
  write('fifth\n')
  write('sixth\n')
  assert.deepEqual([dropped(), failure()], [3, undefined])
  const [first, torn, notice, ...rest] = readFileSync(file, 'utf8').split('\n')
  assert.deepEqual([first, /^x+$/.test(torn!), rest], ['first', true, ['fifth', 'sixth', '']])
  assert.match((JSON.parse(notice!) as { msg: string }).msg, /^3 lines of the log were dropped .* ENOSPC$/)
})

test('fault 6.1: what a reader does not read is kept up to a bound, and then dropped', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[Socket]>
  const socket = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[reader]] = await Promise.all([connected, once(socket, 'connect')])
  reader.pause()
  t.after(() => {
    for (const end of [reader, socket]) end.destroy()
    server.close()
  })
  const { write, dropped, failure } = createLogDestination(socket)
  const line = `${'x'.repeat(99_999)}\n`
  for (let i = 0; i < 200; i++) write(line)
  assert.ok(dropped() > 0 && dropped() < 200)
  assert.match(failure()!, /does not read/)
  assert.ok(socket.writableLength < 5_000_000)
})

test('fault 6.1: lines for a stream that throws are dropped, and the loss is told once', () => {
  const lines: string[] = []
  let isBroken = true
  const { write, dropped } = createLogDestination({
    write(text) {
      if (isBroken) throw new Error('closed')
      lines.push(text)
    },
  })
  write('one\n')
  write('two\nthree\n')
  isBroken = false
  write('four\n')
  write('five\n')
  assert.equal(dropped(), 3)
  assert.match(lines.join(''), /^\{[^\n]*3 lines of the log were dropped[^\n]*closed"\}\nfour\nfive\n$/)
})
