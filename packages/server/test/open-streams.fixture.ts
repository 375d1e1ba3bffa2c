// A process of its own that opens streams of changes and reads them, so that only the server's side is in the memory that a test measures.
import { connect } from 'node:net'

export interface StreamsToOpen {
  readonly port: number
  readonly path: string
  readonly tokens: readonly string[]
}

process.on('message', ({ port, path, tokens }: StreamsToOpen) => {
  let begun = 0
  for (const token of tokens) {
    const socket = connect(port, '127.0.0.1')
    const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Accept: text/event-stream', `Authorization: Bearer ${token}`, '', '']
    socket.write(lines.join('\r\n'))
    socket.once('data', () => ++begun === tokens.length && process.send!('open'))
    socket.resume()
  }
})
