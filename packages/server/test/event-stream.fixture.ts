// Reads a stream of server-sent events over a real connection, as a guard does.
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import type { AsOf, EntitlementChange } from '@countersign/protocol'

export interface ReceivedEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: {
    readonly asOf: AsOf
    readonly changes: readonly EntitlementChange[] | null
    readonly audiences?: readonly string[] | null
    readonly reason?: string
  }
}

export interface OpenStream {
  readonly response: IncomingMessage
  /** The next event that is not read yet; undefined once the stream has ended. */
  next(): Promise<ReceivedEvent | undefined>
  /** The next event that is no heartbeat. */
  nextChange(): Promise<ReceivedEvent | undefined>
  close(): void
}

interface AskedStream {
  readonly token: string
  readonly headers?: Readonly<Record<string, string>>
}

/** @param url of `/v1/changes` */
export async function openStream(url: string | URL, { token, headers = {} }: AskedStream): Promise<OpenStream> {
  const options = { agent: false, headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers } } as const
  const asked = String(url).startsWith('https') ? requestTls(url, { ...options, rejectUnauthorized: false }) : request(url, options)
  asked.on('error', () => {})
  const [response] = (await once(asked.end(), 'response')) as [IncomingMessage]
  const events: ReceivedEvent[] = []
  let text = ''
  let wake = () => {}
  response.setEncoding('utf8').on('data', (more: string) => {
    const parts = (text + more).split('\n\n')
    text = parts.pop()!
    events.push(...parts.filter((part) => part !== ':').map(parseEvent))
    wake()
  })
  response.on('error', () => {})
  response.on('close', () => wake())
  const next = async (): Promise<ReceivedEvent | undefined> => {
    while (events.length === 0 && !response.closed) await new Promise<void>((resolve) => (wake = resolve))
    return events.shift()
  }
  return {
    response,
    next,
    async nextChange() {
      let event = await next()
      while (event?.data.changes?.length === 0 && event.data.audiences === undefined) event = await next()
      return event
    },
    close: () => void asked.destroy(),
  }
}

function parseEvent(text: string): ReceivedEvent {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()] as const),
  )
  return { event: fields.get('event')!, id: fields.get('id'), data: JSON.parse(fields.get('data')!) as ReceivedEvent['data'] }
}
