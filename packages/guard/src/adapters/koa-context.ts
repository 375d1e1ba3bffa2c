import type { IncomingMessage, ServerResponse } from 'node:http'

/** What the middleware reads of a context, whatever the types of its state and router are. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly app: { emit(event: 'error', error: Error, context: unknown): unknown; readonly middleware: readonly unknown[] }
  readonly method: string
  readonly originalUrl: string
  readonly ip: string
  /** False where a middleware writes the response itself. */
  respond?: boolean | undefined
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>
