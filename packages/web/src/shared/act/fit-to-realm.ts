// What a client can have depends on its realm: the form asks the realm before it opens, so that a choice stands where a text would be, and
// what the realm does not take is marked at once. Without an answer it asks for texts, which the server checks.
import type { OperationName } from '@countersign/admin'
import type { FormRow } from '@countersign/admin/forms'
import { call } from '../call.ts'
import { queries } from '../reads.ts'
import type { ActProps, Choice } from './act-props.ts'

/** Of every realm, in addition to its own. */
const builtIn = ['entitlements:read', 'decisions:write']
const staysFreshMs = 300_000

/** @param has what the client has already */
function scopeChoices(declared: readonly string[], has: readonly string[]): readonly Choice[] {
  return [...new Set([...declared, ...builtIn, ...has])].map((value) => ({ value }))
}

/** What a new client gets for which none are chosen. */
export function wordsOfScopes(defaultScopes: readonly string[] | undefined): string {
  return `What it can ask for. With none ticked it gets ${defaultScopes?.join(', ') || 'those that the realm gives by default'}.`
}

export interface Fitted<Name extends OperationName> {
  readonly props: ActProps<Name>
  readonly form: FormRow
}

export async function fitToRealm<Name extends OperationName>(props: ActProps<Name>, form: FormRow): Promise<Fitted<Name>> {
  const { operation, params, choices, fixed, initial } = props
  const name = (params as Readonly<Record<string, unknown>>)['realm']
  const has = initial?.['scopes'] as readonly string[] | undefined
  const isNew = operation === 'clients.create'
  if (name === 'operators' || !(isNew || (operation === 'clients.update' && has))) return { props, form }
  const input = { params: {} }
  const queryFn = () => call('realms.list', input)
  const realms = await queries
    .fetchQuery({ queryKey: ['realms.list', input], queryFn, staleTime: staysFreshMs, retry: false })
    .catch(() => undefined)
  const realm = realms?.items.find((one) => one.name === name)
  const { clientId, scopes, ...others } = form.body ?? {}
  if (!realm) return { props, form }
  const fitted = { ...props, choices: { scopes: scopeChoices(realm.scopes, has ?? []), ...choices } }
  if (!isNew || !clientId || !scopes) return { props: fitted, form }
  const { clientIds, defaultScopes } = realm
  const organization = fixed?.['organization']
  const free = typeof organization === 'string' ? `“api-client-${organization}”` : '“api-client-” and the short name of the organization'
  const body = {
    ...others,
    ...(clientIds !== 'generated' && {
      clientId: {
        ...clientId,
        ...(clientIds === 'plain' && { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' }),
        words: `Its name when it asks for a token. Left empty: ${free}, with a number if that is taken.`,
      },
    }),
    scopes: { ...scopes, words: wordsOfScopes(defaultScopes) },
  }
  return { props: fitted, form: { ...form, body } }
}
