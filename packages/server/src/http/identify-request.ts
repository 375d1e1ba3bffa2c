import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { readCallerRequestId, readTraceId } from './request-origin.ts'

/** Names a request that has just arrived in its log lines, and in its response. */
export function identifyRequest(request: FastifyRequest, reply: FastifyReply, log: FastifyBaseLogger): void {
  const { id: requestId, headers } = request
  const callerRequestId = (request.callerRequestId = readCallerRequestId(headers['x-request-id']))
  const traceId = (request.traceId = readTraceId(headers['traceparent']))
  request.log = reply.log = log.child({ requestId, callerRequestId, traceId })
  reply.header('x-request-id', requestId)
}
