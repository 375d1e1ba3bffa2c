// Why a guard could not ask this server: its own client was disabled, lost a scope, or belongs to an organization that was suspended. Found
// by the changes before the refusal: a guard whose client is refused may report only once that is repaired.
import { nameOf, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import * as commands from './commands.ts'
import { readFacts, type ExplainContext, type Facts } from './facts.ts'
import { findChange, isMadeBy } from './find-change.ts'
import { faultOf, whatWasMissing } from './guard-faults.ts'

export interface GuardFault {
  readonly cause: Cause
  /** About the client of the guard. */
  readonly facts: Facts
  /** What is still wrong, in words. */
  readonly now: 'in order' | 'not known' | (string & {})
}

/** What a guard needs to ask for entitlements and changes. */
const scope = 'entitlements:read'

interface Fault {
  /** The end of "The guard could not ask this server: its own client ". */
  readonly was: (facts: Facts) => string
  /** The end of "the client of the guard ". */
  readonly still: string
  readonly taken: readonly changes.ChangeRule[]
  readonly given: readonly changes.ChangeRule[]
  readonly isSo: (facts: Facts) => boolean
  readonly step?: Cause['step']
}

const faults: readonly Fault[] = [
  {
    was: (facts) => `belonged to the organization ${nameOf(facts)}, which was suspended`,
    still: 'belongs to a suspended organization',
    taken: changes.suspended,
    given: changes.resumed,
    isSo: ({ client }) => client?.organization.status === 'suspended',
    step: commands.resumeOrganization,
  },
  {
    was: () => 'was disabled',
    still: 'is disabled',
    taken: changes.disabled,
    given: changes.enabled,
    isSo: ({ client }) => client?.enabled === false,
    step: commands.enableClient,
  },
  {
    was: () => 'could get no tokens, because its service account was off',
    still: 'has its service account off',
    taken: changes.serviceAccountOff,
    given: changes.serviceAccountOn,
    isSo: ({ client }) => client?.serviceAccountEnabled === false,
    step: commands.switchServiceAccountOn,
  },
  {
    was: () => `lacked the scope "${scope}"`,
    still: `lacks the scope "${scope}"`,
    taken: changes.withoutScope([scope]),
    given: changes.withScope([scope]),
    isSo: ({ client }) => client?.scopes.includes(scope) === false,
    step: commands.grantScopes,
  },
  {
    was: () => 'had been deleted',
    still: 'does not exist any more',
    taken: changes.deletedClient,
    given: changes.createdClient,
    isSo: ({ client }) => client === undefined,
  },
]

/** Undefined if it is no such refusal. */
export async function findGuardFault(context: ExplainContext, { request }: Facts): Promise<GuardFault | undefined> {
  if (request.source !== 'guard' || request.code !== 'temporarily-unavailable') return undefined
  const kind = faultOf(whatWasMissing(request))
  if (kind !== 'credentials' && kind !== 'scope') return undefined
  const detail = { requires: { scope: [scope] } }
  const facts = await readFacts(context, { ...request, clientId: request.reporter, organizationId: null, detail })
  const subject = { realm: request.realm ?? '', organizationId: facts.organization?.id ?? null, clientId: request.reporter, at: request.at }
  for (const fault of faults) {
    const { event } = await findChange(context.db, [...fault.taken, ...fault.given], subject)
    if (event && isMadeBy(fault.taken, event))
      return { cause: causeOf(fault), facts, now: fault.isSo(facts) ? `the client of the guard ${fault.still}` : 'in order' }
  }
  return kind === 'credentials' ? { cause: refusedCredentials, facts, now: 'not known' } : undefined
}

function ofGuard({ request }: Facts): string {
  return `its own client "${request.reporter}"`
}

function causeOf({ was, taken, step }: Fault): Cause {
  return {
    who: 'operator',
    sentence: (facts) => `The guard could not ask this server: ${ofGuard(facts)} ${was(facts)}.`,
    remedy: 'Create a client for the guard, and give its API the credentials.',
    ...(step && { step }),
    changes: () => taken,
    unchanged: 'Its change was not found.',
  }
}

const refusedCredentials: Cause = {
  who: 'api',
  sentence: (facts) => `The guard could not ask this server, which refused the credentials of ${ofGuard(facts)}.`,
  remedy: 'Check which secret or key the API has for its guard.',
  step: commands.showRotation,
  changes: () => [...changes.endedSecret, ...changes.removedKey],
  unchanged: 'No secret or key of this client had been ended before: the API has another one, or one that has expired.',
  isGuess: true,
}
