// Parts of the server: apps of their own that are built when a request first needs one. Adding a route to an app takes the longer the
// more routes it has, and 1,000 realms have 19,000 (decisions/056).
import type { FastifyInstance } from 'fastify'
import type { RealmPlaces } from '../realms/realm-paths.ts'
import type { KnownPaths } from './known-paths.ts'

export interface Part {
  /** Undefined until it is built. */
  readonly app: FastifyInstance | undefined
  /** Builds it once; again after a failure. */
  build(): Promise<FastifyInstance>
}

/** Adds the routes of a part to its app. */
export type MountPart = (app: FastifyInstance) => Promise<void>

export interface Parts {
  /** A realm that is a part. */
  add(realm: RealmPlaces, mount: MountPart): void
  /** A realm whose routes the server itself has. */
  keep(realm: RealmPlaces): void
  /**
   * The app that a request belongs to, so that it goes there at once. Undefined if that is not built, or if the path has to be decoded
   * first: then the server gets the request, and `refuseUnknownPaths()` passes it on. @param url the target of the request
   */
  appOf(url: string | undefined): FastifyInstance | undefined
}

/** @param createApp an app that is configured as all others */
export function createParts(
  known: KnownPaths<Part>,
  server: Part,
  createApp: (part: Part, routing: Pick<RealmPlaces, 'ignoresTrailingSlash'>) => FastifyInstance,
): Parts {
  return {
    add(realm, mount) {
      const part = buildOnce(async () => {
        const app = createApp(part, realm)
        await mount(app)
        await app.ready()
        return app
      })
      known.addRealm(realm, part)
    },
    keep: (realm) => known.addRealm(realm, server),
    appOf(url = '') {
      if (!url.startsWith('/') || url.includes('%') || url.includes('#')) return undefined
      const query = url.indexOf('?')
      return known.ownerOf(query < 0 ? url : url.slice(0, query)).app
    },
  }
}

function buildOnce(make: () => Promise<FastifyInstance>): Part {
  let app: FastifyInstance | undefined
  let building: Promise<FastifyInstance> | undefined
  return {
    get app() {
      return app
    },
    build() {
      building ??= make().then(
        (built) => (app = built),
        (error: unknown) => {
          building = undefined
          throw error
        },
      )
      return building
    },
  }
}
