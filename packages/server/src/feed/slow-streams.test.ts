import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { mock, suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { aFeed } from './feed.fixture.ts'

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))
const request = 'GET /prod/v1/changes HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer a.b.c\r\n\r\n'
/** About 120 kB of changes. */
const many = 1000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A connection whose peer takes nothing after the first bytes of the response, without the buffers of a kernel. */
class UnreadSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  #writes = 0
  get bytesWritten() {
    return this.writableLength
  }
  override _read() {}
  override _write(_bytes: unknown, _encoding: unknown, done: () => void) {
    if (this.#writes++ < 2) done()
  }
  override _writev(_chunks: unknown, done: () => void) {
    this._write(undefined, undefined, done)
  }
  setTimeout() {
    return this
  }
  setNoDelay() {}
  setKeepAlive() {}
  destroySoon() {
    this.destroy()
  }
  resetAndDestroy() {
    this.destroy()
  }
}

async function memory(): Promise<number> {
  collectGarbage()
  await turn()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

suite('a guard that does not read', () => {
  test('abuse 278: it is cut off when more than 64 KiB are unread as the next event is due', async (t) => {
    const { url, change, endsBy } = await aFeed(t)
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    const closed = new Promise((resolve) => void socket.once('close', resolve))
    socket.write(request)
    await once(socket, 'readable') // And it reads nothing.
    for (let events = 0; endsBy('slow') === 0; events++) {
      assert.ok(events < 1000, 'the stream goes on')
      change(many)
      await turn()
    }
    socket.resume()
    await closed
    assert.equal(endsBy('slow'), 1)
  })

  test('abuse 278: a thousand of them cost a bounded memory, however much is sent', async (t) => {
    const { app, change, counters, endsBy } = await aFeed(t)
    const sockets = Array.from({ length: 1000 }, () => new UnreadSocket())
    for (const socket of sockets) {
      app.server.emit('connection', socket)
      socket.push(request)
    }
    while (counters.events() < 1000) await turn()
    const before = await memory()
    let most = 0
    for (let events = 0; events < 5; events++) {
      change(many)
      await turn()
      await turn()
      most = Math.max(most, (await memory()) - before)
    }
    assert.deepEqual([endsBy('slow'), sockets.filter(({ destroyed }) => destroyed).length], [1000, 1000])
    t.diagnostic(`at most ${Math.round(most / 1024)} KiB more for 1,000 guards`)
    assert.ok(most < 20 * 1024 * 1024, `${most} bytes`)
  })

  test('abuse 222: it does not hold up a server that stops', async (t) => {
    const { app, change, feed, endsBy } = await aFeed(t)
    const socket = new UnreadSocket()
    app.server.emit('connection', socket)
    socket.push(request)
    for (let events = 0; events < 5; events++) {
      change()
      for (let i = 0; i < 5; i++) await turn()
    }
    assert.ok(socket.writableLength > 0)
    feed.stop()
    for (let i = 0; i < 5; i++) await turn()
    assert.deepEqual([socket.destroyed, endsBy('stopping')], [true, 1])
  })

  test('abuse 278: it is cut off when it takes nothing for 15 s, also if the little that is unread is below the bound', async (t) => {
    let now = 0
    mock.timers.enable({ apis: ['setInterval'] })
    mock.method(performance, 'now', () => now)
    t.after(() => (mock.timers.reset(), mock.restoreAll()))
    const { app, change, endsBy, connections } = await aFeed(t)
    const socket = new UnreadSocket()
    app.server.emit('connection', socket)
    socket.push(request)
    for (let second = 0; second < 16; second++) {
      assert.equal(endsBy('slow'), 0, `second ${second}`)
      change() // From the second one on it stays in the server.
      for (let i = 0; i < 10; i++) await turn()
      now += 1000
      mock.timers.tick(1000)
    }
    assert.deepEqual([endsBy('slow'), connections.slow(), socket.destroyed], [1, 1, true])
  })
})
