// Whose pages these are. Realm, organization and client are those of the session: the server answers 404 for any other.
import { session } from '../shared/session.ts'

export interface Own {
  readonly realm: string
  /** The slug. */
  readonly organization: string
  readonly client: string
}

/** Only below the frame, which shows no page without a session. */
export function own(): Own {
  const { realm, organization, clientId } = session.value!
  return { realm, organization: organization.slug, client: clientId }
}

/** Where a client reads what it may do, with a token. */
export function meUrl(): string | undefined {
  const issuer = session.value?.issuer
  return issuer && `${issuer}/v1/me`
}
