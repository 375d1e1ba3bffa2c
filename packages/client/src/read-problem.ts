// Reads the problem document of a response that was not read: of fetch, of ky, or of undici. Bounded in bytes and in time.
import { systemClock } from './clock.ts'
import { headerGetter, isProblem, maxProblemBytes, ProblemError, toProblem } from './problem-error.ts'
import { echoOf } from './sent-token.ts'

const timeLimitMs = 5000

/**
 * The problem that an API answered with, as an error to throw; undefined if the response is none. Takes the response of `fetch` or of
 * undici's `request`, or the error of axios, got or ky. The body of a `fetch` response can still be read afterwards, that of undici cannot.
 * Never throws: of a body that is damaged, too large or too slow, the error has the status and what the headers say.
 */
export async function readProblem(source: unknown, isEchoedIn = echoOf(source)): Promise<ProblemError | undefined> {
  const { response } = membersOf(source)
  const body = unreadBodyOf(response ?? source)
  if (body === undefined) return ProblemError.from(response === undefined ? { response: source } : source)
  const { status, statusCode, headers } = membersOf(response ?? source)
  const answer = { status: Number(status ?? statusCode), header: headerGetter(headers) }
  if (!isProblem(answer)) return undefined
  return toProblem({ ...answer, body: await readText(body()), ...(isEchoedIn && { isEchoedIn }) })
}

/**
 * Returns the response, unless it is a refusal with a problem document.
 * @throws ProblemError
 */
export async function throwIfProblem<Answer>(response: Answer): Promise<Answer> {
  const problem = await readProblem(response)
  if (problem !== undefined) throw problem
  return response
}

type Chunks = AsyncIterable<unknown> | ReadableStream<unknown>

/** Of what was not read yet: a function, because a clone that is not read holds the connection. */
function unreadBodyOf(response: unknown): (() => Chunks | null) | undefined {
  const { body, bodyUsed, clone, data } = membersOf(response)
  if (typeof clone === 'function') {
    const isUnread = bodyUsed !== true && membersOf(body)['locked'] !== true
    return isUnread ? () => (clone.call(response) as Response).body : undefined
  }
  const stream = [body, data].find(isStream) // Of undici, and of axios with the response type "stream".
  return stream && (() => stream)
}

function isStream(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Undefined if it is not the text of at most {@link maxProblemBytes} within {@link timeLimitMs}. */
async function readText(body: Chunks | null): Promise<string | undefined> {
  if (body === null) return undefined
  const chunks = iterate(body)
  let stopTimer = () => {}
  const timeLimit = new Promise<undefined>((resolve) => (stopTimer = systemClock.startTimer(() => resolve(undefined), timeLimitMs)))
  try {
    return await Promise.race([collect(chunks), timeLimit])
  } catch {
    return undefined
  } finally {
    stopTimer()
    void Promise.resolve(chunks.return?.()).catch(() => {})
  }
}

async function collect(chunks: AsyncIterator<unknown>): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await chunks.next()
    if (done) return text + decoder.decode()
    bytes += (value as Uint8Array).byteLength
    if (bytes > maxProblemBytes) return undefined
    text += decoder.decode(value as Uint8Array, { stream: true })
  }
}

/** Not every runtime iterates over web streams. */
function iterate(body: Chunks): AsyncIterator<unknown> {
  if (!('getReader' in body)) return body[Symbol.asyncIterator]()
  const reader = body.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => ({ done: true, value: void reader.cancel().catch(() => {}) }),
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
