// Persons of a test server who have signed in, without the ways in which they do: a row, and a session as the server begins one.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { PortalRole } from '@countersign/admin'
import { readKeyRing } from '../src/keys/read-key-ring.ts'
import { createSessionToken } from '../src/sessions/session-token.ts'
import { browserWith, type Browser } from './console.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

export interface SignedInPerson {
  readonly id: string
  readonly name: string
  readonly session: string
  readonly browser: Browser
}

interface PersonOptions {
  readonly realm: string
  readonly organizationId: string
  readonly role?: PortalRole | null
  readonly name?: string
  /** Of an operator: at which identity provider it is in which groups. */
  readonly issuer?: string
  readonly groups?: readonly string[]
}

let persons = 0

/** A person who has signed in to the portal, or with an issuer to the console. */
export async function aPersonWithSession(
  server: TestServer,
  { realm, organizationId, role = 'developer', name = `Mia Wong ${++persons}`, issuer, groups = [] }: PersonOptions,
): Promise<SignedInPerson> {
  const id = randomUUID()
  const ofIdp = issuer === undefined ? [null, null, null] : [issuer, `subject-${id}`, JSON.stringify(groups)]
  const ofPortal = issuer === undefined ? role : null
  const row = [id, realm, organizationId, ofPortal, name, 'mia@acme.example', ...ofIdp, server.clock.now()]
  await server.database.query(
    `insert into people (id, realm, organization_id, role, name, address, issuer, subject, "groups", not_before, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
    ...row,
  )
  return { id, name, ...(await aSessionOf(server, id, issuer === undefined ? 'portal' : 'console')) }
}

/** One more session of a person. */
export async function aSessionOf(
  { database, clock, folder, ...server }: TestServer,
  person: string,
  mount: 'console' | 'portal' = 'portal',
): Promise<Pick<SignedInPerson, 'session' | 'browser'>> {
  const pepper = await readKeyRing('secret pepper', `file:${join(folder, 'pepper')}`)
  const { token, digest } = createSessionToken(pepper, mount)
  const session = randomUUID()
  const now = clock.now()
  const row = [digest, session, mount, person, now, now, now, now + 36_000_000, '127.0.0.1', 'a test']
  await database.query(
    `insert into sessions (digest, id, mount, person, signed_in_at, seen_at, confirmed_at, ends_at, address, user_agent)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...row,
  )
  return { session, browser: browserWith({ ...server, clock }, `countersign-${mount}=${token}`, `/${mount}`) }
}
