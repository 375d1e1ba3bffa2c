// Explanations for operators: why a request was refused, and what a token is.
import { z } from 'zod'
import { explanation, tokenExplanation, tokenQuestion } from '../explain-shapes.ts'
import type { Operation } from '../operation.ts'

export const explainOperations = {
  'requests.explain': {
    summary: 'Explain why a request was refused',
    description:
      'Finds the request by the id in its response (header X-Request-Id, "instance" of a problem), by its id in the log of the API, or by the X-Request-Id that the caller sent. Refusals of guards are kept for at most 30 days, and thinned out under a flood; those of this server are also in the audit log. Fails with "not-found" if no refusal has this id, or if it is of a realm that the operator is not permitted for.',
    method: 'GET',
    path: '/admin/v1/explain/{request}',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({
      request: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected a request id as in the header X-Request-Id')
        .describe('Id of the request.'),
    }),
    output: explanation,
    portal: { role: 'viewer' },
  },
  'tokens.explain': {
    summary: 'Explain what a token is, and what it is allowed at a route now',
    description:
      'Tells of a token of this server its client, key and standing, and which change gave it that standing. Nothing is told of a token of another issuer, or of a realm that the operator is not permitted for, nor of one whose signature is not valid. The token is neither stored nor logged. Changes nothing.',
    method: 'POST',
    path: '/admin/v1/tokens/explain',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'filtered',
    reads: true,
    bodyLimit: 16_384,
    params: z.strictObject({}),
    body: tokenQuestion,
    output: tokenExplanation,
  },
} as const satisfies Record<string, Operation>
