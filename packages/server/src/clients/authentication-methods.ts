// Which authentication methods a client has: those that an operator chose, among those that its realm accepts.
import {
  clientAuthenticationMethodNames,
  keyMethodName,
  secretMethodNames,
  type ClientAuthenticationMethodName,
} from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { acceptsMethod, type MethodRules } from '../realms/accepted-methods.ts'

type Names = readonly ClientAuthenticationMethodName[]

/** A new client with keys proves itself by them alone, any other by its secret; where the realm demands keys, they are added later. */
export function usualMethods(realm: MethodRules, hasKeys: boolean): Names {
  const accepted = (names: Names) => names.filter((name) => acceptsMethod(realm, name))
  const usual = accepted(hasKeys ? [keyMethodName] : secretMethodNames)
  return usual.length > 0 ? usual : accepted(clientAuthenticationMethodNames)
}

export function usesSecret(methods: readonly string[]): boolean {
  return secretMethodNames.some((name) => methods.includes(name))
}

/** @throws ProblemError `invalid-request` */
export function refuseUnaccepted(realm: MethodRules & { readonly name: string }, methods: Names): void {
  const refused = methods.find((name) => !acceptsMethod(realm, name))
  if (refused === undefined) return
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm.name}" does not accept the authentication method "${refused}".`,
    remedy: `Use one of ${realm.clientAuthentication?.join(', ') ?? ''}, or change "clientAuthentication" of the realm in the configuration.`,
    errors: [{ pointer: '/authenticationMethods', detail: 'expected methods that the realm accepts' }],
  })
}
