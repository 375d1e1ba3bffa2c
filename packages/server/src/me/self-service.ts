// The rotation of a client's own secret, below GET /v1/me: any valid token of the client reads where it stands, and nothing else
// than a secret changes it (change-own-secret.ts). Neither is to be had for the secrets of operators.
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { meRequirement } from '@countersign/guard'
import { forbidStorage } from '../api/no-store.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import { mountOwnSecretChanges, type OwnSecretContext } from './change-own-secret.ts'
import { readRotation } from '../rotation/rotation-steps.ts'

/** What all realms share. */
type Shared = Pick<OwnSecretContext, 'db' | 'clock' | 'pepper' | 'usage' | 'applyChange' | 'stepLimit'>

export interface SelfServiceOptions extends Shared {
  readonly realms: ReadonlyMap<string, Realm>
}

/** What the clients of one realm are authenticated with, and how they are refused. */
export type ClientsOfRealm = Omit<OwnSecretContext, keyof Shared | 'endpoint'>

export interface SelfService {
  /**
   * Mounts it below a path of GET /v1/me, in a scope whose guard lets in the clients of one realm or of all.
   * @param realm whose clients are authenticated there; none at the root of the server, unless that is the issuer of a realm
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
        // Where the changes go, which cannot be known of the root without a token. A path, so that it stays at the same origin.
        reply.header('content-location', `${realm.issuerPath}/v1/me${rotationPath}`)
        return readRotation(db, shared, realm, clientId, clock())
      })
      if (ofRealm && ofRealm.realm.name !== operatorsRealmName) mountOwnSecretChanges(app, { ...shared, ...ofRealm, endpoint }, path)
      else refuseChanges(app, path, endpoint, ofRealm ? refuseOperator : refuseAtRoot)
    },
  }
}

/** Before a body is read, and whoever asks: there is nothing here to authenticate anybody with. */
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
