// What a server cannot say about a failure, because it depends on how the command was called.
import type { Command } from 'commander'
import { AdminRequestError } from '@countersign/admin'
import { TokenRequestError } from '@countersign/client'

/** What sets a claim that no grant can set. */
const insteadOfClaims: Readonly<Record<string, string>> = {
  sub: 'client update --subject',
  aud: 'client grant --audience',
  exp: 'client update --access-token-lifetime',
  scope: 'client update --scope',
}

/** A sentence for the next step, or an empty text. */
export function hintOf(error: unknown, command: Command | undefined): string {
  if (!command) return ''
  if (error instanceof TokenRequestError && error.code === 'invalid_client') return hintOfLogin(command)
  if (!(error instanceof AdminRequestError)) return ''
  const [, claim = ''] = error.errors.map(({ pointer }) => /\/claims\/(\w+)$/.exec(pointer)).find(Boolean) ?? []
  if (Object.hasOwn(insteadOfClaims, claim)) return `"countersign ${insteadOfClaims[claim]}" is for that.`
  const path = `${command.parent?.name()} ${command.name()}`
  if (error.status === 401 && operatorRealmOf(command) !== undefined)
    return 'If the client is not an operator of its realm, an owner makes it one by "countersign client operator".'
  if (path === 'operator show' && error.code === 'not-found')
    return 'For an operator that lives in another realm, add --realm; "countersign operator list" shows where each one lives.'
  if (path === 'key remove' && error.errors.some(({ pointer }) => pointer.endsWith('/key')))
    return 'The id of a key is in the column KEY of "countersign client key list".'
  if (path === 'key activate' && error.code === 'conflict' && error.remedy.includes('In an emergency'))
    return "Wait until then; only in an emergency, add --emergency and --reason 'why'."
  if (error.code === 'not-found' && error.message.includes('has no signing key'))
    return `To list them: "countersign key list --realm ${String(command.getOptionValue('realm'))} --ended".`
  return ''
}

function hintOfLogin(command: Command): string {
  if (command.getOptionValue('auto') !== undefined) return ''
  if (command.getOptionValue('key') !== undefined && command.name() === 'get')
    return 'With a key: check that its public key is registered, that --key-id is the KEY ID which "countersign client key list" shows (necessary if the client has two keys), and the clock.'
  if (!command.options.some(({ long }) => long === '--operator-realm')) return ''
  return operatorRealmOf(command) === undefined
    ? 'An operator that lives in the realm that it serves logs in there: add --operator-realm.'
    : '--operator-realm, or COUNTERSIGN_OPERATOR_REALM, must be the realm that the operator lives in.'
}

function operatorRealmOf(command: Command): unknown {
  return command.getOptionValue('operatorRealm') ?? (process.env['COUNTERSIGN_OPERATOR_REALM'] || undefined)
}
