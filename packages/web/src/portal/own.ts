// Whose pages these are. Realm and organization are those of the session, and for a client that client: the server answers 404 for any other.
import { mayAs, session } from '../shared/session.ts'

export interface Own {
  readonly realm: string
  /** The slug. */
  readonly organization: string
}

/** Only below the frame, which shows no page without a session. */
export function own(): Own {
  const { realm, organization } = session.value!
  return { realm, organization: organization.slug }
}

/** People see all clients of their organization, a client only itself. */
export function isPerson(): boolean {
  return session.value?.kind === 'person'
}

/** The secret of an operator is not for its colleagues: the server refuses it. */
export function mayRotate({ operatorScopes = [] }: { readonly operatorScopes?: readonly string[] }): boolean {
  return mayAs('developer') && (operatorScopes.length === 0 || !isPerson())
}

/** Where a client reads what it may do, with a token. */
export function meUrl(): string | undefined {
  const issuer = session.value?.issuer
  return issuer && `${issuer}/v1/me`
}
