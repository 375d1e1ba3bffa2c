// Causes of refusals by what an organization and its client may do: checks 6 to 13 of the table in ARCHITECTURE.md.
import type { ProblemCode } from '@countersign/protocol'
import { nameOf, clientOf, ofTheRequest, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import * as commands from './commands.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Facts } from './facts.ts'

/** What the caller itself did wrong, although the problem is usually not its own. By what the check saw (guard/src/explain-checks.ts). */
const byWhatItSaw: readonly (readonly [code: ProblemCode, pattern: RegExp, cause: Cause])[] = [
  [
    'partner-not-authorized',
    /is not a UUID$/,
    {
      who: 'integrator',
      sentence: () => 'The partner in the path was not a lower-case UUID, so it is the partner of no organization.',
      remedy: 'Send the id of the partner in the path: a lower-case UUID, as "partners" of "GET /v1/me" has it.',
      unchanged: ofTheRequest,
    },
  ],
  [
    'partner-not-authorized',
    /^no parameter/,
    {
      who: 'api',
      sentence: ({ saw }) => `The route names no partner that the guard could look for: ${saw}.`,
      remedy: 'Name the parameter of the path that has the id of the partner in the requirement of the route.',
      unchanged: 'It is set in the API.',
    },
  ],
  [
    'insufficient-scope',
    /requested this token without it$/,
    {
      who: 'integrator',
      sentence: (facts) => `The token was requested without the scope "${scopeOf(facts)}", which ${clientOf(facts)} has.`,
      remedy: 'Request a token with this scope, or without the parameter "scope", which gives it all scopes of the client.',
      unchanged: 'The client has the scope: it has to request it.',
    },
  ],
]

/** Undefined for a refusal whose cause is the usual one of its problem. Tells nothing that the caller does not know. */
export function causeOfWhatItSaw(code: string, saw: string): Cause | undefined {
  return byWhatItSaw.find(([of, pattern]) => of === code && pattern.test(saw))?.[2]
}

export const rightsCauses = {
  'organization-suspended': {
    who: 'operator',
    sentence: (facts) => `The organization ${nameOf(facts)} was suspended.`,
    step: commands.resumeOrganization,
    changes: () => changes.suspended,
    unchanged: 'The audit log has no suspension of this organization.',
  },
  'dpa-missing': {
    who: 'operator',
    sentence: (facts) =>
      `The organization ${nameOf(facts)} had not accepted the Data Processing Agreement; version ${idOf(facts.dpa.required ?? undefined)} was required.`,
    step: commands.acceptAgreement,
    unchanged: 'It had not been accepted before.',
  },
  'dpa-outdated': {
    who: 'operator',
    sentence: (facts) =>
      `The organization ${nameOf(facts)} had not accepted version ${idOf(facts.dpa.required ?? undefined)} of the Data Processing Agreement, which was required${facts.saw === '' ? '' : ` (${facts.saw})`}.`,
    step: commands.acceptAgreement,
    changes: ({ dpa }) => (dpa.required === null || !dpa.isPublished ? [] : changes.outdatedBy(dpa.required)),
    unchanged: ({ dpa }) =>
      dpa.isPublished ? 'The audit log has no publication of this version.' : 'The version is set in the configuration of the realm.',
  },
  'insufficient-scope': {
    who: 'operator',
    sentence: (facts) => `The token lacked the scope "${scopeOf(facts)}"${facts.saw === '' ? '' : `: ${facts.saw}`}.`,
    step: commands.grantScopes,
    changes: (facts) => {
      const { requires, request, realm } = facts
      if (!requires.scope) return []
      const isOfRealm = request.source === 'admin' && realm?.name !== operatorsRealmName
      return isOfRealm ? changes.withoutOperatorScope(requires.scope) : changes.withoutScope(requires.scope)
    },
    unchanged: 'The client had not been given the scope before.',
  },
  'partner-not-authorized': {
    who: 'operator',
    sentence: (facts) => {
      const { partnerId = 'in the path' } = facts.request.detail
      return `The organization ${nameOf(facts)} was not authorized for the partner "${partnerId}"${facts.partnerName === null ? ', which is not registered in the realm' : ` (${facts.partnerName})`}.`
    },
    step: commands.authorizePartner,
    changes: ({ request: { organizationId, detail } }) =>
      organizationId === null || detail.partnerId === undefined ? [] : changes.withoutPartner(detail.partnerId, organizationId),
    unchanged: 'The organization had not been authorized for this partner before.',
  },
  'capability-missing': {
    who: 'operator',
    sentence: (facts) =>
      `The organization ${nameOf(facts)} lacked the capability ${idOf(facts.requires.capability)}${facts.saw === '' ? '' : `: ${facts.saw}`}.`,
    step: commands.setCapability,
    changes: ({ requires }) => (requires.capability === undefined ? [] : changes.withoutCapability(requires.capability)),
    unchanged: ({ realm, requires }) =>
      realm && requires.capability !== undefined && !Object.hasOwn(realm.capabilities, requires.capability)
        ? 'The realm does not declare the capability in its configuration.'
        : 'The capability had not been set before.',
  },
  'requestor-id-missing': {
    who: 'integrator',
    sentence: () => 'The request did not name the natural person in the header Requestor-ID.',
    unchanged: ofTheRequest,
  },
  'requestor-id-malformed': {
    who: 'integrator',
    sentence: ({ saw }) => `The header Requestor-ID was not one lower-case UUID${saw === '' ? '' : ` (${saw})`}.`,
    unchanged: ofTheRequest,
  },
  'requestor-unknown': {
    who: 'integrator',
    sentence: (facts) => `The organization ${nameOf(facts)} had no requestor ${idOf(facts.request.detail.requestorId)}.`,
    step: commands.createRequestor,
    changes: ({ request: { detail } }) => (detail.requestorId === undefined ? [] : changes.withoutRequestor(detail.requestorId)),
    unchanged: 'The organization had not had this requestor before.',
  },
  'requestor-not-permitted': {
    who: 'operator',
    sentence: (facts) => `The requestor ${idOf(facts.request.detail.requestorId)} lacked the permission ${idOf(permissionOf(facts))}.`,
    step: commands.permitRequestor,
    changes: (facts) => {
      const { requestorId } = facts.request.detail
      const permission = permissionOf(facts)
      return requestorId === undefined || permission === undefined ? [] : changes.withoutPermission(requestorId, permission)
    },
    unchanged: 'The audit log has no change of the permissions of this requestor.',
  },
  'rate-limited': {
    who: 'integrator',
    sentence: (facts) =>
      facts.request.source === 'guard'
        ? `The organization ${nameOf(facts)} had sent more requests than its tier allows${facts.saw === '' ? '' : `: ${facts.saw}`}.`
        : 'The client, or its address, had sent more requests than are allowed.',
    step: (facts) => (facts.request.source === 'guard' ? commands.raiseTier(facts) : undefined),
    changes: (facts) => (facts.request.source === 'guard' ? changes.setTier : []),
    unchanged: 'The tier had not been set by a change before.',
  },
} as const satisfies Record<string, Cause>

/** A guard may not have told it. */
function idOf(text: string | undefined): string {
  return text === undefined ? 'that the route needs' : `"${text}"`
}

function scopeOf({ requires }: Facts): string {
  return requires.scope?.join(' ') ?? 'that the route needs'
}

function permissionOf({ requires: { requestor } }: Facts): string | undefined {
  return typeof requestor === 'object' ? requestor.permission : undefined
}
