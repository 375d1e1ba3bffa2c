// Why a sign-in at the company failed, by the code in the address. Nothing that its identity provider wrote is shown.
import type { SignInErrorCode } from '@countersign/admin'

export interface SignInError {
  readonly title: string
  readonly remedy: string
}

const errors: { readonly [Code in SignInErrorCode]: SignInError } = {
  'idp-away': { title: 'The sign-in of your company does not answer.', remedy: 'Try again later.' },
  'idp-refused': { title: 'Your company did not sign you in.', remedy: 'It refused, or you cancelled it there.' },
  'sign-in-ended': {
    title: 'This sign-in is over.',
    remedy: 'It took more than 10 minutes, was finished already, or began in another browser. Begin again.',
  },
  'sign-in-invalid': {
    title: 'The answer of your company was not accepted.',
    remedy: 'Begin again. If it stays so, ask the provider of the API: its log says which check failed.',
  },
  'no-role': {
    title: 'You have no role here.',
    remedy: 'You have signed in at your company, but none of your groups has a role. Ask who manages your account there, or the provider.',
  },
  'no-idp': {
    title: 'This company does not sign in here this way.',
    remedy: 'Check the address that you were given, or sign in another way.',
  },
  'other-person': {
    title: 'Another person has signed in.',
    remedy: 'The session belongs to the person who began it. Sign in as that person, or sign out first.',
  },
  'too-many-attempts': { title: 'There were too many attempts from your address.', remedy: 'Wait for five minutes.' },
  unavailable: { title: 'The session could not be made.', remedy: 'Try again in a minute. If it stays so, ask the provider.' },
}

/** @param code from the address: a stranger may have written it */
export function describeSignInError(code: string | undefined): SignInError | undefined {
  if (!code) return undefined
  return Object.hasOwn(errors, code) ? errors[code as SignInErrorCode] : { title: 'You were not signed in.', remedy: 'Begin again.' }
}
