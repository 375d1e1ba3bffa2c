// An API for runtimes without a router, as docs/frameworks.md shows it: bundled by the tests, and run by workerd, Deno and Bun. It is given
// its issuer by the environment of its runtime.
import { createRemoteGuard, param, type RemoteGuard } from '../index.ts'
import { guardFetch } from './fetch.ts'

export interface ProgramEnv {
  readonly ISSUER: string
}

export function createProgramGuard({ ISSUER: issuer }: ProgramEnv): RemoteGuard {
  return createRemoteGuard({
    issuer,
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience: 'nt24-integration-api',
    credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
    feed: false,
    reports: { api: 'runtime' },
  })
}

/** @param guard made by the first request, or while the module is loaded */
export function createProgram(guard: RemoteGuard | ((env: ProgramEnv) => RemoteGuard)) {
  return guardFetch<readonly [env: ProgramEnv]>({
    guard,
    routes: {
      'GET /v1/partners/{sellerId}/orders': {
        requires: { partner: param('sellerId') },
        handler: (_request, { access, params }) => Response.json([access.token.clientId, params['sellerId']]),
      },
      'GET /v1/me': { requires: {}, handler: (_request, { access }) => Response.json(access.token.clientId) },
      'POST /v1/echo': { requires: {}, handler: (request) => new Response(request.body) },
      'GET /health': { public: true, handler: () => new Response('ok') },
    },
  })
}
