// Self-service for a client's own secret, below GET /v1/me: any valid token of the client can read the state of its rotation;
// changing it takes a secret (change-own-secret.ts). Operators have no self-service.
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { meRequirement } from '@countersign/guard'
import { forbidStorage } from '../api/no-store.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import { mountOwnSecretChanges, type OwnSecretContext } from './change-own-secret.ts'
import { readRotation } from '../rotation/rotation-steps.ts'

/** Shared by all realms. */
type Shared = Pick<OwnSecretContext, 'db' | 'clock' | 'pepper' | 'usage' | 'applyChange' | 'stepLimit'>

export interface SelfServiceOptions extends Shared {
  readonly realms: ReadonlyMap<string, Realm>
}

/** How clients of one realm are authenticated, and how their denials are recorded. */
export type ClientsOfRealm = Omit<OwnSecretContext, keyof Shared | 'endpoint'>

export interface SelfService {
  /**
   * Mounts the routes below a path of GET /v1/me, in a scope whose guard accepts the clients of one realm or of all.
   * @param realm whose clients are authenticated there; undefined at the root of the server, unless that is the issuer of a realm
   */
  serve(app: FastifyInstance, mePath: string, endpoint: Endpoint, realm: ClientsOfRealm | undefined): void
}

const rotationPath = '/secret-rotation'

export function createSelfService({ realms, ...shared }: SelfServiceOptions): SelfService {
  const { db, clock } = shared
  const realmOf = new Map([...realms.values()].map((realm) => [realm.issuer, realm]))

  return {
    serve(app, mePath, endpoint, ofRealm) {
      const path = `${mePath}${rotationPath}`
      forbidStorage(app)
      app.get(path, { config: { requires: meRequirement, endpoint } }, (request, reply) => {
        const { issuer, clientId } = request.access.token
        const realm = realmOf.get(issuer)!
        // Where the changes are mounted, which a client at the root knows only from here. A path, so that it stays on the same
        // origin.
        reply.header('content-location', ofRealm?.realm === realm ? path : `${realm.issuerPath}/v1/me${rotationPath}`)
        return readRotation(db, shared, realm, clientId, clock())
      })
      if (ofRealm && ofRealm.realm.name !== operatorsRealmName) mountOwnSecretChanges(app, { ...shared, ...ofRealm, endpoint }, path)
      else refuseChanges(app, path, endpoint, ofRealm ? refuseOperator : refuseAtRoot)
    },
  }
}

/** Rejects every change before its body is read and for every caller: no client can authenticate here. */
function refuseChanges(app: FastifyInstance, path: string, endpoint: Endpoint, refuse: (request: FastifyRequest) => never): void {
  const changes: readonly (readonly [HTTPMethods, string])[] = [
    ['POST', path],
    ['DELETE', path],
    ['POST', `${path}/confirm`],
  ]
  for (const [method, url] of changes) app.route({ method, url, config: { public: true, endpoint }, onRequest: refuse, handler: refuse })
}

function refuseOperator(): never {
  throw new ProblemError('no-self-service-here', {
    detail: 'The secrets of operators are changed only through the admin API, by an operator with every scope.',
    remedy: `Use "countersign secret rotate <client-id> --realm ${operatorsRealmName}", or the admin API.`,
    headers: { allow: 'GET, HEAD' },
  })
}

function refuseAtRoot(): never {
  throw new ProblemError('no-self-service-here', { headers: { allow: 'GET, HEAD' } })
}
