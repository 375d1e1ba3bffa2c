// A cache between guards and the key sets of the servers that answers what it could have read a while ago: the worst view of a JWK Set that
// `publishBefore` allows for.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause } from '../faults/pause.ts'

export interface HeldBackKeys {
  /** The URL for a key set. */
  urlOf(source: string): string
  close(): Promise<void>
}

interface View {
  /** When its response was read. */
  readonly at: number
  readonly body: string
}

const pollMs = 100

/** @param sources URLs of the key sets, in each of which something can be read already */
export async function holdKeysBack(sources: readonly string[], milliseconds: number): Promise<HeldBackKeys> {
  const views = new Map(sources.map((source) => [new URL(source).pathname, [] as View[]]))
  const end = new AbortController()

  async function read(source: string): Promise<void> {
    const ofSource = views.get(new URL(source).pathname)!
    // Without an answer, as of a node that has just been killed, the view before remains.
    const body = await fetch(source, { signal: AbortSignal.timeout(2000) }).then(
      (answer) => (answer.ok ? answer.text() : undefined),
      () => undefined,
    )
    const at = performance.now()
    if (body !== undefined && body !== ofSource.at(-1)?.body) ofSource.push({ at, body })
    // Those before the one that is answered now are not needed again.
    while (ofSource.length > 1 && ofSource[1]!.at <= at - milliseconds) ofSource.shift()
  }
  async function readRepeatedly(source: string): Promise<void> {
    while (!end.signal.aborted) {
      await read(source)
      await pause(pollMs, end.signal)
    }
  }

  function answer(path: string, response: ServerResponse): void {
    const asOf = performance.now() - milliseconds
    // At the start there is none that is old enough.
    const view = views.get(path)?.findLast(({ at }, index) => at <= asOf || index === 0)
    if (!view) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(view.body)
  }

  await Promise.all(sources.map(read))
  const reading = sources.map(readRepeatedly)
  const server = createServer((request, response) => answer(request.url ?? '', response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    urlOf: (source) => `http://127.0.0.1:${port}${new URL(source).pathname}`,
    async close() {
      end.abort()
      await Promise.all(reading)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
