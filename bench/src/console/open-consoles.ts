// Consoles that are open in browsers, as a server sees them: each has a session and a stream of hints, and reads what the overview and the
// navigation read, as often as they do.
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { sameOrigin, sessionPath } from '@countersign/server/console.fixture'
import { consoleUrl, realmName } from '../token/scenario.ts'
import type { Listening } from '../token/server-process.ts'

export interface OpenConsoles {
  /** @throws Error if anything was answered with another status than 200, or a stream has ended */
  close(): void
}

/** Paths below the API of the console, and how often each is read. Milliseconds. */
const reads = [
  ['realms', 300_000],
  [`realms/${realmName}/access-requests?state=open&limit=100`, 60_000],
  [`realms/${realmName}/summary`, 10_000],
  [`realms/${realmName}/usage?step=hour&by=outcome`, 10_000],
  [`realms/${realmName}/usage?step=hour&by=outcome&what=token`, 15_000],
  [`audit?realm=${realmName}&changes=true&limit=8`, 15_000],
] as const

/** Returns what opens them; the operator has signed in once for each. @param count at most as many sessions as an operator may have */
export async function signInConsoles({ port, operator }: Listening, count: number): Promise<() => Promise<OpenConsoles>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * count })
  const host = new URL(consoleUrl).host
  const ask = async (method: string, path: string, headers: Record<string, string>, body?: object): Promise<IncomingMessage> => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers: { ...sameOrigin, host, ...headers } })
    sent.end(body && JSON.stringify(body))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return response
  }
  const cookies: string[] = []
  for (let number = 0; number < count; number++) {
    const { clientId, clientSecret } = operator!
    const response = await ask('POST', sessionPath, { 'content-type': 'application/json' }, { clientId, clientSecret })
    if (response.statusCode !== 201) throw new Error(`Signing in was answered with ${response.statusCode}`)
    cookies.push(response.headers['set-cookie']![0]!.split(';', 1)[0]!)
    response.resume()
  }

  return async () => {
    const faults: string[] = []
    let isOver = false
    const timers: NodeJS.Timeout[] = []
    const streams = await Promise.all(cookies.map((cookie) => ask('GET', '/console/events', { cookie })))
    for (const stream of streams) {
      if (stream.statusCode !== 200) faults.push(`a stream: ${stream.statusCode}`)
      stream.resume().on('error', () => {})
      stream.on('close', () => isOver || faults.push('a stream has ended'))
    }
    const read = (cookie: string, path: string) =>
      void ask('GET', `/console/api/v1/${path}`, { cookie }).then(
        (response) => {
          if (response.statusCode !== 200) faults.push(`${path}: ${response.statusCode}`)
          response.resume()
        },
        (error: Error) => isOver || faults.push(`${path}: ${error.message}`),
      )
    // They were opened one after the other, so they do not read at the same moment.
    cookies.forEach((cookie, number) => {
      for (const [path, every] of reads) {
        const begin = () => {
          read(cookie, path)
          timers.push(setInterval(() => read(cookie, path), every))
        }
        timers.push(setTimeout(begin, (every * number) / count))
      }
    })
    return {
      close() {
        isOver = true
        timers.forEach(clearInterval)
        streams.forEach((stream) => stream.destroy())
        if (faults.length > 0) throw new Error(`The consoles failed: ${[...new Set(faults)].join('; ')}`)
      },
    }
  }
}
