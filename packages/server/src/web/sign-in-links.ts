// Links that sign in once: for the demo, on a server that only this machine reaches. They are in the memory of the process and nowhere else;
// each mount has its own.
import { hash, randomBytes } from 'node:crypto'

/** The client that a link signs in. */
export interface LinkedClient {
  readonly realm: string
  readonly clientId: string
}

export interface SignInLinks {
  /** A code for the fragment of a URL, which no server and no Referer sees. */
  create(client: LinkedClient, now: number): string
  /** The client that a code signs in, the first time that it is used. */
  take(code: string, now: number): LinkedClient | undefined
}

const lifetimeMs = 600_000
const maxLinks = 100

export function createSignInLinks(): SignInLinks {
  /** By a hash: how long a look-up takes tells nothing of the code. */
  const links = new Map<string, { readonly client: LinkedClient; readonly endsAt: number }>()
  return {
    create(client, now) {
      const code = randomBytes(32).toString('base64url')
      links.set(hash('sha256', code), { client, endsAt: now + lifetimeMs })
      const [oldest] = links.keys()
      if (links.size > maxLinks && oldest !== undefined) links.delete(oldest)
      return code
    },
    take(code, now) {
      const key = hash('sha256', code)
      const link = links.get(key)
      links.delete(key)
      return link && now < link.endsAt ? link.client : undefined
    },
  }
}
