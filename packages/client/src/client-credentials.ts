// How a client proves itself in a token request: by a secret or by an assertion. The rest of the package does not know which.
import { formatBasic } from '@countersign/protocol'
import type { ClientAuthentication } from './options.ts'

/** One try with one secret or one key; a request that is sent again is written again. */
export interface Attempt {
  /** Adds the credentials to the form or the headers. @throws TokenRequestError */
  readonly write: (form: URLSearchParams, headers: Headers) => void | Promise<void>
  /** Whether a text of the server contains what was sent. */
  readonly isEchoedIn: (text: string) => boolean
  /** Called when it has obtained a token. */
  readonly accept: () => void
  /**
   * Called for `invalid_client`: what the refusal tells besides, and what to do if it is not what a secret needs.
   * @param serverTime by the Date header of the response; milliseconds since the epoch
   */
  readonly explainRefusal?: (serverTime: number | undefined) => { readonly finding: string | undefined; readonly remedy: string }
}

export interface ClientCredentials {
  /** In the order in which to try them: the next one is taken only if the one before was refused. @throws TokenRequestError */
  readonly attempts: () => AsyncIterable<Attempt>
  /** Whether a function of the program finds them, which may find others the next time. */
  readonly isReadAgain: boolean
  /** Whether it finds others now than those that were all refused in the last {@link attempts}. Never throws. */
  readonly hasOther: () => Promise<boolean>
}

export interface SentSecret {
  readonly clientId: string
  readonly clientSecret: string
}

/** RFC 6749 §2.3.1. */
export function writeSecret(sent: SentSecret, place: ClientAuthentication, form: URLSearchParams, headers: Headers): void {
  if (place === 'basic') {
    headers.set('authorization', formatBasic(sent))
  } else {
    form.set('client_id', sent.clientId)
    form.set('client_secret', sent.clientSecret)
  }
}

/** Whether a text contains one of the secrets, in any form in which one is sent. */
export function hasEchoOf(clientId: string, secretsInUse: readonly string[]): (text: string) => boolean {
  const sentForms = secretsInUse.flatMap((clientSecret) => [
    clientSecret,
    new URLSearchParams({ s: clientSecret }).toString().slice('s='.length),
    encodeURIComponent(clientSecret),
    formatBasic({ clientId, clientSecret }).slice('Basic '.length),
  ])
  return (text) => sentForms.some((form) => text.includes(form))
}
