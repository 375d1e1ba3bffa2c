// A process of its own that opens streams of events and reads them, or does not, so that only the server's side is in the memory that a test
// measures.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'

export interface StreamsToOpen {
  readonly port: number
  readonly path: string
  /** Header lines of each stream, by which it is authorized. */
  readonly headers: readonly string[]
  /** False for peers that read the beginning, and then nothing. */
  readonly isReading?: boolean
}

/** Resolves once all of them have begun; they are open until the end of the test. */
export async function openStreams(t: TestContext, streams: StreamsToOpen): Promise<void> {
  const peers = fork(fileURLToPath(import.meta.url))
  t.after(() => peers.kill())
  peers.send(streams)
  await once(peers, 'message')
}

function openEach({ port, path, headers, isReading = true }: StreamsToOpen): void {
  let begun = 0
  for (const header of headers) {
    const socket = connect(port, '127.0.0.1')
    const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Accept: text/event-stream', header, '', '']
    socket.write(lines.join('\r\n'))
    socket.once('data', () => {
      if (!isReading) socket.pause()
      if (++begun === headers.length) process.send!('open')
    })
    if (isReading) socket.resume()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.on('message', openEach)
