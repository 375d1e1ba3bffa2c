// Who is signed in. The cookie is out of reach of scripts; this is what the server says of it.
import { signal } from '@preact/signals'
import type { AdminScope } from '@countersign/admin'
import { apiPath, send } from './call.ts'
import { CallError } from './call-error.ts'
import { queries } from './reads.ts'

export interface Session {
  readonly kind: 'client' | 'person'
  readonly clientId: string
  readonly realm: string
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string }
  /** Of an operator; in the portal the pages offer what its mount allows. */
  readonly scopes?: readonly AdminScope[]
  /** Null for all. */
  readonly realms?: readonly string[] | null
  readonly owner?: boolean
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

export async function loadSession(mount: string): Promise<void> {
  try {
    session.value = (await send(`${mount}/api/session`, { method: 'GET' })) as Session
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== 'signed-out') throw error
    session.value = null
  }
}

export type Proof = { readonly clientId: string; readonly clientSecret: string; readonly realm?: string } | { readonly once: string }

/** @throws CallError */
export async function signIn(mount: string, proof: Proof): Promise<void> {
  const found = (await send(`${mount}/api/session`, { method: 'POST', body: proof })) as Session
  const isOther = session.value?.clientId !== found.clientId || session.value.realm !== found.realm
  session.value = found
  isInterrupted.value = false
  if (isOther) queries.clear()
  else await queries.invalidateQueries()
}

/** Before a step that needs a fresh sign-in. @throws CallError */
export async function confirmSession(clientSecret: string): Promise<void> {
  session.value = (await send(apiPath('/session/confirm'), { method: 'POST', body: { clientSecret } })) as Session
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
