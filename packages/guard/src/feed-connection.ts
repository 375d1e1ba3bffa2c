// One connection to the feed of an issuer, from its request to its end, with limits of time and of bytes. fetch() cannot do this: its
// connections keep the process alive, and its time limits end a stream that is quiet.
import type { ClientRequest, IncomingMessage } from 'node:http'
import { ExchangeError, parseRetryAfter } from '@countersign/client/exchange'
import { createEventParser, type FeedEvent } from './feed-events.ts'
import { requireSecureUrl } from './fetch-json.ts'
import { refusedStatus } from './remote-guard-error.ts'
import type { StartTimer } from './unref-timer.ts'

export interface FeedConnectionOptions {
  readonly url: string
  readonly token: string
  /** Where to go on; without it the server begins with nothing. */
  readonly cursor: string | undefined
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  readonly startTimer: StartTimer
  /** What it throws ends the connection. */
  readonly onEvent: (event: FeedEvent, requestedAt: number) => void
  /** Called for an answer 401, before the connection ends. */
  readonly onUnauthorized: (wwwAuthenticate: string | null) => void
}

export interface FeedConnection {
  /** Resolves when the connection is over; rejects if it ended by a failure or by what `onEvent` threw. */
  readonly ended: Promise<void>
  close(): void
}

/** The server answers, but has no feed: it is of an earlier version, or something in between has the response turned into another one. */
export class NoFeedError extends Error {
  override name = 'NoFeedError'
}

const answerMs = 5000
/** Of the server one every 2.5 s. Only whole events count: bytes that trickle prove nothing. */
const silenceMs = 8000

/** Whether there is anything to connect with: runtimes without lasting connections do not have it. */
export async function canConnect(): Promise<boolean> {
  return Promise.all([import('node:http'), import('node:https')]).then(
    () => true,
    () => false,
  )
}

export function connectFeed(options: FeedConnectionOptions): FeedConnection {
  const { clock, startTimer, onEvent, onUnauthorized } = options
  const url = requireSecureUrl('url', options.url)
  const { promise: ended, resolve, reject } = withResolvers()
  const parse = createEventParser()
  let requestedAt = clock()
  let request: ClientRequest | undefined
  let isOver = false
  let stopTimer = limitTime(answerMs, `did not begin to answer within ${answerMs / 1000} s`)

  function limitTime(ms: number, what: string): () => void {
    return startTimer(() => end(new ExchangeError({ code: 'timeout', summary: `"${url.href}" ${what}.` })), ms)
  }

  function end(error?: unknown): void {
    if (isOver) return
    isOver = true
    stopTimer()
    request?.destroy()
    if (error === undefined) resolve()
    else reject(error)
  }

  function limitSilence(): void {
    stopTimer()
    stopTimer = limitTime(silenceMs, `sent nothing for ${silenceMs / 1000} s, so something in between may hold it back`)
  }

  function read(bytes: Uint8Array): void {
    if (isOver) return
    try {
      const events = parse(bytes)
      if (events.length > 0) limitSilence()
      for (const event of events) if (!(isOver as boolean)) onEvent(event, requestedAt)
    } catch (error) {
      end(error)
    }
  }

  function receive(response: IncomingMessage): void {
    const refusal = findRefusal(url.href, response)
    if (response.statusCode === 401) onUnauthorized(response.headers['www-authenticate'] ?? null)
    if (refusal) return end(refusal)
    limitSilence()
    response.on('data', read)
    response.on('error', () => {}) // It was cut, which is an end like any other.
    response.on('close', () => end())
  }

  async function send(): Promise<void> {
    const isSecure = url.protocol === 'https:'
    const http = await (isSecure ? import('node:https') : import('node:http'))
    if (isOver) return
    // Not of the API's pool, which would have one connection less for as long as the feed lasts.
    request = http.request(url, { agent: false, headers: headersOf(options) })
    request.on('socket', (socket) => {
      socket.unref()
      const sent = () => (requestedAt = clock())
      if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', sent)
      else sent()
    })
    request.on('response', receive)
    request.on('error', (error: NodeJS.ErrnoException) =>
      end(new ExchangeError({ code: 'network', summary: `"${url.href}" could not be reached (${error.code ?? error.message}).` })),
    )
    request.end()
  }

  send().catch(end)
  return { ended, close: () => end() }
}

function headersOf({ token, cursor }: FeedConnectionOptions): Record<string, string> {
  return {
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    authorization: `Bearer ${token}`,
    'cache-control': 'no-cache',
    ...(cursor !== undefined && { 'last-event-id': cursor }),
  }
}

function findRefusal(url: string, { statusCode: status = 0, headers }: IncomingMessage): Error | undefined {
  const wwwAuthenticate = headers['www-authenticate'] ?? null
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'] ?? null, headers.date ?? null)
  const isFeed =
    /^text\/event-stream\s*(;|$)/i.test(headers['content-type'] ?? '') && (headers['content-encoding'] ?? 'identity') === 'identity'
  if (status === 200 && isFeed) return undefined
  if (status === 200 || status === 404 || status === 406) return new NoFeedError(`"${url}" has no feed (HTTP ${status})`)
  if (status >= 300 && status < 400)
    return new ExchangeError({ code: 'redirect', summary: `"${url}" returned a redirect, which is not followed.`, status })
  return refusedStatus(url, { status, wwwAuthenticate, retryAfterSeconds }, 'rights')
}

/** `Promise.withResolvers` is newer than Node 20. */
function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => {}, () => {}]
  const promise = new Promise<void>((fulfil, refuse) => ([resolve, reject] = [fulfil, refuse]))
  return { promise, resolve, reject }
}
