// The log: lines of JSON, each with the id of its request, and redacted.
import type { FastifyBaseLogger } from 'fastify'
import { pino, type ChildLoggerOptions, type Level, type LogFn, type Logger } from 'pino'

/** Receives the lines of the log, each with its line feed. */
export interface LogStream {
  write(lines: string): void
}

/** No code logs these; if an object with such members is ever logged, they are redacted. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'client_secret',
  'clientSecret',
  'client_assertion',
  'access_token',
  'accessToken',
  'token',
  'privateKey',
]
const redact = {
  paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  censor: '[redacted]',
}

/** What a part of the server logs with: a line, or what it is about and a line. */
export interface Log {
  readonly error: LogLine
  readonly warn: LogLine
  readonly info: LogLine
}

interface LogLine {
  (message: string): void
  (about: object, message: string): void
}

export function createLog(level: string, stream: LogStream): FastifyBaseLogger {
  const log = pino({ level, redact, serializers: { req: describeRequest } }, stream)
  return new LogOnDemand(log, {})
}

/** A line has the path of a request and never its query, where a careless client may have put a secret. */
function describeRequest(request: { id: unknown; method: string; url: string }) {
  return { id: request.id, method: request.method, path: request.url.split(/[?#]/, 1)[0] }
}

/**
 * A log with its own bindings, such as that of a request. Creating a child logger redacts its bindings, and most requests log
 * nothing: so the child is created with its first line.
 */
class LogOnDemand implements FastifyBaseLogger {
  readonly #parent: Logger
  readonly #bindings: Record<string, unknown>
  readonly #options: ChildLoggerOptions | undefined
  #made: Logger | undefined

  constructor(parent: Logger, bindings: Record<string, unknown>, options?: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get level(): string {
    return this.#parent.level
  }

  child(bindings: Record<string, unknown>, options?: ChildLoggerOptions): LogOnDemand {
    return new LogOnDemand(this.#log, bindings, options)
  }

  #write(level: Level, line: unknown[]): void {
    if (!this.#parent.isLevelEnabled(level)) return
    this.#log[level](...(line as Parameters<LogFn>))
  }

  get #log(): Logger {
    return (this.#made ??= this.#parent.child(this.#bindings, this.#options))
  }

  fatal(...line: unknown[]): void {
    this.#write('fatal', line)
  }
  error(...line: unknown[]): void {
    this.#write('error', line)
  }
  warn(...line: unknown[]): void {
    this.#write('warn', line)
  }
  info(...line: unknown[]): void {
    this.#write('info', line)
  }
  debug(...line: unknown[]): void {
    this.#write('debug', line)
  }
  trace(...line: unknown[]): void {
    this.#write('trace', line)
  }
  silent(): void {}
}
