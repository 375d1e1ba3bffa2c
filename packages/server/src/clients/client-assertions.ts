// Client authentication by an assertion (RFC 7521 §4.2): the client proves that it has a credential, and does not send it. What an assertion
// is depends on its method; its reader is listed in assertion-readers.ts. Secrets are read and compared in authenticate-client.ts.
import type { ClientAuthenticationMethodName } from '@countersign/protocol'
import type { OAuthForm } from '../api/form.ts'
import type { ClientRecord, CredentialRecord } from '../cache/records.ts'
import type { AuthenticationFailure } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { FetchJson } from '../outbound/fetch-json.ts'
import type { Store } from '../store/store.ts'

/** What a reader makes of an assertion without knowing the client. */
export interface PresentedAssertion {
  readonly clientId: string
  readonly method: ClientAuthenticationMethodName
  /**
   * Finds the credential that made the assertion, or the reason of a denial.
   * @param credentials those of the client, of the kind of the method; none if it has none or does not exist, which must take as long
   */
  findCredential(credentials: readonly CredentialRecord[]): FoundCredential | AuthenticationFailure
  /**
   * Gets what is needed to find the credential, if that takes waiting; called after the client was read from the store, before it is looked
   * for again. Never throws.
   */
  prepare?(credentials: readonly CredentialRecord[]): Promise<void>
  /**
   * Uses the assertion up; false if another request has done so. Called once for each request, after everything else has passed: a denied
   * assertion must not grow a memory or take away the identifier of another one.
   */
  use(client: ClientRecord): boolean | Promise<boolean>
}

/** With the name that the client gave the key, for the audit log. */
export type FoundCredential = Pick<CredentialRecord, 'id' | 'expiresAt'> & { readonly keyId?: string | undefined }

/** Returns undefined for an assertion of another method. */
export type ReadAssertion = (form: OAuthForm, realm: Realm, now: number) => PresentedAssertion | AuthenticationFailure | undefined

/** Called once at the start: a reader serves all realms. Nodes share only what is in the store, such as used assertions. */
export type CreateAssertionReader = (context: ReaderContext) => ReadAssertion

export interface ReaderContext {
  readonly store: Pick<Store, 'tokenPool'>
  /** For what clients publish. */
  readonly fetchJson: FetchJson
  readonly onFetchFailure: (url: string, error: Error) => void
}

export interface AssertionContext {
  readonly realm: Realm
  readonly assertionReaders: readonly ReadAssertion[]
}

/** Reads the assertion of a form by the first reader that knows its method. */
export function readAssertion(
  form: OAuthForm,
  { realm, assertionReaders }: AssertionContext,
  now: number,
): PresentedAssertion | AuthenticationFailure {
  for (const read of assertionReaders) {
    const assertion = read(form, realm, now)
    if (assertion !== undefined) return assertion
  }
  return 'method-not-registered'
}

/** Requests that have used their assertion. */
const requestsDone = new WeakSet<object>()

/** Whether a request may use its assertion: a token request is authenticated again if something changed meanwhile. */
export async function useAssertion(request: object, assertion: PresentedAssertion, client: ClientRecord): Promise<boolean> {
  if (requestsDone.has(request)) return true
  if (!(await assertion.use(client))) return false
  requestsDone.add(request)
  return true
}
