// The remedy of an explanation as a button: what it says, and what it changes for which organization or client.
import type { OperationOutput } from '@countersign/admin'

export type RemedyOperation = NonNullable<OperationOutput<'requests.explain'>['operation']>

export interface RemedyWords {
  readonly label: string
  readonly consequence: string
}

/** Undefined for an operation that only shows something, or that has no words here. */
/** @param partner its name, if it is registered */
export function describeRemedy({ name, params, body }: RemedyOperation, partner = 'this partner'): RemedyWords | undefined {
  const { organization = '', client = '', capability = '' } = params
  const of = (label: string, consequence: string): RemedyWords => ({ label, consequence })
  switch (name) {
    case 'organizations.resume':
      return of(`Resume ${organization}`, 'All its clients get tokens again, and tokens that have not expired are accepted again.')
    case 'dpa.accept':
      return of(
        `Record that ${organization} accepted ${String(body['version'])}`,
        'Its calls are let in from then on. An acceptance cannot be removed: record it only with a signed agreement.',
      )
    case 'partners.authorize':
      return of(`Allow ${organization} to act for ${partner}`, 'All its clients may act for the partner from now on.')
    case 'capabilities.set':
      return capability === 'rateLimitTier'
        ? of(`Give ${organization} the tier ${String(body['value'])}`, 'It may send more requests from now on; the bill may change.')
        : of(`Give ${organization} ${capability}`, 'All its clients have the capability from now on.')
    case 'requestors.create':
      return of('Register this person', `${organization} may send requests on behalf of the person from now on.`)
    case 'requestors.update':
      return of('Give the person the permission', `It counts for all requests of ${organization} on behalf of the person.`)
    case 'clients.update':
      return describeUpdate(client, body)
    case 'rotation.start':
      return of('Make a second secret', 'The secrets that work now stay good until the old one ends. The new one is shown only once.')
    default:
      return undefined
  }
}

function describeUpdate(client: string, body: RemedyOperation['body']): RemedyWords | undefined {
  if (body['enabled'] === true)
    return { label: `Enable ${client}`, consequence: 'It gets tokens again, with the secrets and keys that it has.' }
  if (body['serviceAccountEnabled'] === true)
    return { label: 'Switch its service account on', consequence: `${client} gets tokens again, with the secrets and keys that it has.` }
  const scopes = body['scopes'] ?? body['operatorScopes']
  if (!Array.isArray(scopes)) return undefined
  return {
    label: `Give ${client} the scope`,
    consequence: `It has from then on: ${scopes.join(' ')}. It counts in the tokens that it requests next.`,
  }
}
