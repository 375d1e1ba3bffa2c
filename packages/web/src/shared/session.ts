// Who is signed in. The cookie is out of reach of scripts; this is what the server says of it.
import { signal } from '@preact/signals'
import type { AdminScope, PortalRole } from '@countersign/admin'
import { apiPath, send } from './call.ts'
import { CallError } from './call-error.ts'
import { queries } from './reads.ts'

export interface Session {
  readonly kind: 'client' | 'person'
  /** Only of a client. */
  readonly clientId?: string
  /** Only of a person. */
  readonly person?: { readonly id: string; readonly name: string; readonly address?: string | null; readonly signIn?: 'passkey' | 'idp' }
  readonly realm: string
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string }
  /** Of an operator; in the portal the pages offer what its mount allows. */
  readonly scopes?: readonly AdminScope[]
  /** Null for all. */
  readonly realms?: readonly string[] | null
  readonly owner?: boolean
  /** Whether integrators have a portal at this server. */
  readonly portal?: boolean
  /** Of an integrator. */
  readonly role?: PortalRole
  /** The secret that the session stands on; with it the session ends. Only in the portal. */
  readonly secretId?: string | null
  readonly issuer?: string
  readonly tokenUrl?: string
  readonly signedInAt: string
  readonly idleEndsAt: string
  readonly endsAt: string
  /** Until then giving and forcing need no fresh sign-in. */
  readonly confirmedUntil: string
}

/** `undefined` before the server was asked; `null` for a page without a session. */
export const session = signal<Session | null | undefined>(undefined)
/** Signed out while a page was open: the page stays, and with it what was typed. */
export const isInterrupted = signal(false)

/** @param scope null for what every operator may do; in the portal the server alone decides */
export function may(scope: AdminScope | null): boolean {
  if (!session.value) return false
  return scope === null || !isOperator() || (session.value.scopes?.includes(scope) ?? false)
}

/** False for an integrator, who has no scopes and no command of operators. */
export function isOperator(): boolean {
  return session.value?.scopes !== undefined
}

/** Signed in at the identity provider of the company. An older server does not say it of operators. */
export function isOfCompany(): boolean {
  return session.value?.person?.signIn === 'idp' || (session.value?.kind === 'person' && isOperator())
}

const portalRoles: readonly PortalRole[] = ['viewer', 'developer', 'admin']

/** At the portal. */
export function mayAs(role: PortalRole): boolean {
  return portalRoles.indexOf(session.value?.role ?? 'viewer') >= portalRoles.indexOf(role)
}

export async function loadSession(mount: string): Promise<void> {
  try {
    session.value = (await send(`${mount}/api/session`, { method: 'GET' })) as Session
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== 'signed-out') throw error
    session.value = null
  }
}

export type Proof =
  | { readonly clientId: string; readonly clientSecret: string; readonly realm?: string }
  | { readonly once: string }
  | { readonly passkey: unknown }

/** @throws CallError */
export async function signIn(mount: string, proof: Proof): Promise<void> {
  await beginSession((await send(`${mount}/api/session`, { method: 'POST', body: proof })) as Session)
}

/** Of a sign-in that was just made. */
export async function beginSession(found: Session): Promise<void> {
  const isOther = !session.value || whoseOf(session.value) !== whoseOf(found)
  session.value = found
  isInterrupted.value = false
  if (isOther) queries.clear()
  else await queries.invalidateQueries()
}

/** After a sign-in in another tab. What is on the screen stays if there was none. */
export async function rereadSession(): Promise<void> {
  const found = await send(apiPath('/session'), { method: 'GET' }).catch(() => undefined)
  if (found) await beginSession(found as Session)
}

/** The name of a person, or the id of a client. */
export function nameOfSession(): string {
  return session.value?.person?.name ?? session.value?.clientId ?? ''
}

function whoseOf({ realm, clientId, person }: Session): string {
  return JSON.stringify([realm, clientId, person?.id])
}

/** Before a step that needs a fresh sign-in. @throws CallError */
export async function confirmSession(proof: { readonly clientSecret: string } | { readonly passkey: unknown }): Promise<void> {
  session.value = (await send(apiPath('/session/confirm'), { method: 'POST', body: proof })) as Session
}

export async function signOut(mount: string): Promise<void> {
  await send(`${mount}/api/session`, { method: 'DELETE' })
  session.value = null
  isInterrupted.value = false
  queries.clear()
}

/** Called when an answer says that there is no session any more. */
export function interrupt(): void {
  if (session.value) isInterrupted.value = true
}
