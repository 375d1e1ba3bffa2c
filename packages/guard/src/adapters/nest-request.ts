// The request and the response of a handler of Nest, on Express and on Fastify.
import type { IncomingMessage } from 'node:http'
import type { ExecutionContext } from '@nestjs/common'
import type { Guarded } from './attachment.ts'

/** Of Express, or of Fastify, which has the message of node:http inside. */
export interface NestRequest extends Guarded {
  readonly raw?: IncomingMessage
  readonly originalUrl: string
  readonly params?: Readonly<Record<string, string | undefined>>
  readonly ip?: string
  readonly route?: { readonly path?: unknown }
  readonly routeOptions?: { readonly url?: unknown }
}

export interface NestResponse {
  readonly raw?: unknown
  header(name: string, value: string): unknown
  setHeader(name: string, value: string): unknown
  json(body: unknown): unknown
  send(body: unknown): unknown
}

/** What `switchToHttp().getRequest()` returns, without the functions that this makes each time. */
export function requestOf(context: ExecutionContext): NestRequest {
  return context.getArgByIndex<NestRequest>(0)
}

export function messageOf(request: NestRequest): IncomingMessage {
  return request.raw ?? (request as unknown as IncomingMessage)
}
