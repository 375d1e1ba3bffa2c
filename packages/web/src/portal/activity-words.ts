// What a change says to an integrator, as a sentence without its subject. The words are those of the audit log, except where that has more
// than an integrator is told, or speaks of the organization as of another one.
import type { OperationOutput } from '@countersign/admin'
import { describeEvent, type EventWord } from '@countersign/admin/event-words'
import type { Own } from './own.ts'

type Activity = Pick<OperationOutput<'activity.list'>['items'][number], 'kind' | 'by' | 'client' | 'detail'>
type Words = readonly EventWord[]

const ours: Readonly<Record<string, (activity: Activity, usual: Words) => Words>> = {
  'organizations.create': () => ['created your organization'],
  'dpa.accept': ({ by, detail }) => [
    by === 'provider' ? 'recorded that you accepted version ' : 'accepted version ',
    { what: 'name', text: String(detail['version']) },
    ' of the agreement',
  ],
  'people.join': ({ detail }) => ['accepted an invitation, as ', { what: 'code', text: String(detail['role']) }],
  'passkeys.add': () => ['added a passkey'],
  'passkeys.remove': () => ['removed a passkey'],
  // Behind "asked for", the organization, ": ".
  'accessRequests.create': ({ by }, usual) => (by === 'provider' ? usual : ['asked for ', ...usual.slice(3)]),
}

export function describeActivity(activity: Activity, { realm, organization }: Own): Words {
  const { kind, client = null, detail } = activity
  const usual = describeEvent({
    kind,
    outcome: 'success',
    reason: null,
    realm,
    organizationId: organization,
    organizationSlug: organization,
    clientId: client,
    actor: { via: 'portal' },
    detail,
  })
  return Object.hasOwn(ours, kind) ? ours[kind]!(activity, usual) : usual
}
