// Parts of the server: apps of their own that are built when a request first needs one. Adding a route to an app takes the longer the
// more routes it has, and 1,000 realms have 19,000 (decisions/056).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodedPath } from './request-path.ts'

export interface Part {
  /** Paths that are its own wherever they are. */
  readonly paths: readonly string[]
  /** All paths below it are its own too, except those of a part whose prefix is longer. */
  readonly prefix: string
  mount(app: FastifyInstance): Promise<void>
}

export interface Parts {
  add(part: Part): void
  /** Paths that stay with the server itself, although a part may have a shorter prefix. */
  reserve(paths: Pick<Part, 'paths' | 'prefix'>): void
  /**
   * The app of the part that a request belongs to, once it is built; only of one whose paths cannot be those of the server itself. Saves
   * the request a walk through the routes of the server. @param url the target of the request
   */
  built(url: string | undefined): FastifyInstance | undefined
  /** Passes a request to the part that its path belongs to; false if there is none. Calls `fail` if the part cannot be built. */
  handOver(request: FastifyRequest, reply: FastifyReply, fail: (error: Error) => void): boolean
}

/** @param createApp an app that is configured as all others */
export function createParts(createApp: () => FastifyInstance): Parts {
  const byPath = new Map<string, BuiltOnce | 'server'>()
  const byPrefix = new Map<string, BuiltOnce | 'server'>()
  /** A path is looked up at its slashes up to here only: the caller chooses how many it has. */
  let longestPrefix = 0
  let atEveryPath: BuiltOnce | undefined

  function own({ paths, prefix }: Pick<Part, 'paths' | 'prefix'>, owner: BuiltOnce | 'server'): void {
    for (const path of paths) byPath.set(path, owner)
    byPrefix.set(prefix, owner)
    longestPrefix = Math.max(longestPrefix, prefix.length)
  }

  function findOwner(path: string): BuiltOnce | 'server' | undefined {
    const named = byPath.get(path)
    if (named) return named
    const start = path.length > longestPrefix ? path.lastIndexOf('/', longestPrefix) : path.length
    for (let end = start; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const part = byPrefix.get(path.slice(0, end))
      if (part) return part
    }
    return atEveryPath
  }

  function find(path: string): BuiltOnce | undefined {
    const owner = findOwner(path)
    return owner === 'server' ? undefined : owner
  }

  return {
    add(added) {
      const part = buildOnce(async () => {
        const app = createApp()
        await added.mount(app)
        await app.ready()
        return app
      })
      if (added.prefix === '') atEveryPath = part
      own(added, part)
    },
    reserve: (paths) => own(paths, 'server'),
    built(url = '') {
      if (!url.startsWith('/') || url.includes('%')) return undefined // Its path has to be read first.
      const query = url.indexOf('?')
      const part = find(query < 0 ? url : url.slice(0, query))
      return part === atEveryPath ? undefined : part?.app
    },
    handOver(request, reply, fail) {
      const part = find(decodedPath(request.raw.url ?? ''))
      if (!part) return false
      part.build().then((app) => {
        reply.hijack()
        app.routing(request.raw, reply.raw)
      }, fail)
      return true
    },
  }
}

interface BuiltOnce {
  readonly app: FastifyInstance | undefined
  /** Builds it once; again after a failure. */
  build(): Promise<FastifyInstance>
}

function buildOnce(make: () => Promise<FastifyInstance>): BuiltOnce {
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
