// The realms, organizations and clients that a request names, before its input is checked: by the names of its parameters and members and not
// by the operation, so that one that is added later is covered.
import type { FastifyRequest } from 'fastify'

/** Anything that was sent: a text, or what no name can be. */
export interface NamedInRequest {
  readonly realms: readonly unknown[]
  readonly organizations: readonly unknown[]
  readonly clients: readonly unknown[]
}

export function readNames({ params, query, body }: Pick<FastifyRequest, 'params' | 'query' | 'body'>): NamedInRequest {
  const all = (name: string) => [
    ...[params, query].flatMap((part) => memberOf(part, name)),
    // A member that is null names nothing.
    ...memberOf(body, name).filter((value) => value !== null),
  ]
  return { realms: all('realm'), organizations: all('organization'), clients: all('client') }
}

function memberOf(part: unknown, name: string): unknown[] {
  return typeof part === 'object' && part !== null && Object.hasOwn(part, name) ? [(part as Record<string, unknown>)[name]] : []
}
