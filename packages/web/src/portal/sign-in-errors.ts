// Why a sign-in of an integrator at the identity provider of its company failed.
import { commonErrors, type SignInErrors } from '../shared/sign-in-failed.tsx'

export const signInErrors: SignInErrors = {
  ...commonErrors,
  'idp-away': { title: 'The sign-in of your company does not answer.', remedy: 'Try again later.' },
  'sign-in-invalid': {
    title: 'The answer of your company was not accepted.',
    remedy: 'Begin again. If it stays so, ask the provider of the API: its log says which check failed.',
  },
  'no-role': {
    title: 'You have no role here.',
    remedy:
      'You have signed in at your company, but none of your groups has a role. Ask the administrator of your account there, or the provider.',
  },
  'no-idp': {
    title: 'This company does not sign in here this way.',
    remedy: 'Check the address that you were given, or sign in another way.',
  },
  unavailable: { title: 'The session could not be made.', remedy: 'Try again in a minute. If it stays so, ask the provider.' },
}
