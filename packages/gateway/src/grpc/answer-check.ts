// The verdict as Envoy reads it: headers for the API, or the whole response for the caller.
import type { GatewayVerdict } from '../decide-request.ts'
import type { CheckResponse, HeaderOption } from './check-messages.ts'

/** PERMISSION_DENIED of gRPC; Envoy tells the caller the status of HTTP that stands beside it. */
const denied = 7

/** What the caller also gets where the request passes. */
const forCaller = new Set(['ratelimit', 'ratelimit-policy', 'x-request-id'])

/** @param prefix of the identity headers */
export function answerCheck({ status, headers, body }: GatewayVerdict, prefix: string): CheckResponse {
  const entries = Object.entries(headers)
  if (status !== 200)
    return { status: { code: denied }, deniedResponse: { status: { code: status }, headers: entries.map(toOption), body } }
  return {
    status: { code: 0 },
    okResponse: {
      headers: entries.filter(([name]) => name.startsWith(prefix) || name === 'x-request-id').map(toOption),
      responseHeadersToAdd: entries.filter(([name]) => forCaller.has(name)).map(toOption),
    },
  }
}

function toOption([key, value]: [string, string]): HeaderOption {
  return { header: { key, value }, append: { value: false }, keepEmptyValue: true }
}
