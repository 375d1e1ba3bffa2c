// Why a sign-in of an operator at the identity provider failed.
import { commonErrors, type SignInErrors } from '../shared/sign-in-failed.tsx'

export const signInErrors: SignInErrors = {
  ...commonErrors,
  'idp-away': {
    title: 'The sign-in of your company does not answer.',
    remedy: 'Try again later, or sign in with the secret of an operator.',
  },
  'sign-in-invalid': {
    title: 'The answer of your company was not accepted.',
    remedy: 'Begin again. If it stays so, the log of the server says which check failed.',
  },
  'no-role': {
    title: 'You have no role here.',
    remedy:
      'You have signed in at your company, but none of your groups has a role in the settings of the console. An owner can give it one.',
  },
  // Only the portal sends this one.
  'no-idp': { title: 'There is no sign-in of a company here.', remedy: 'Use another way to sign in.' },
  unavailable: { title: 'This server could not store the session.', remedy: 'Try again in a minute.' },
}
