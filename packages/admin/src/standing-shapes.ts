// The shapes of how organizations, clients and rotations stand: what lists show beside their items.
import { z } from 'zod'
import { adminScopes } from './operation.ts'
import { clientId, instant, realmName, rotation, slug, uuid } from './shapes.ts'

const count = z.int().min(0)

export const organizationReference = z.strictObject({ id: uuid, slug, name: z.string() })

export const refusedCounts = z
  .strictObject({ today: count, yesterday: count })
  .describe('Refused requests for tokens and refused calls, by UTC day. `usage.series` counts them by hour.')

const cutsOff = z
  .enum(['new-unused', 'old-in-use'])
  .nullable()
  .describe(
    'Cause for which the client would be cut off if the window ended now; null if it would not be. "old-in-use" until `endAdvisedAt` of `rotation.get`.',
  )

const acceptedVersion = z.string().nullable().describe('The highest version that the organization has accepted.')

export const organizationStanding = z
  .strictObject({
    dpa: z
      .enum(['accepted', 'missing', 'outdated', 'not-required'])
      .describe('"not-required" also of an organization whose clients are guards only, from which no agreement is asked.'),
    acceptedVersion,
    acceptedAt: instant.nullable(),
    clients: count.describe('Number of clients.'),
    lastUsedAt: instant.nullable().describe('The last authentication of a client of the organization.'),
    refused: refusedCounts.nullable(),
  })
  .describe(
    '`lastUsedAt` and `refused` are null for an organization with more than 100 clients, which `organizations.impact` has, and without the scope `clients:read`.',
  )
  .meta({ id: 'OrganizationStanding' })

export const clientStanding = z
  .strictObject({
    rotation: z.enum(['stable', 'issued', 'overlapping']).describe('State of the rotation of its secret, as in `rotation.get`.'),
    windowEndsAt: instant.nullable(),
    confirmable: z.boolean().describe('True if the old secret can be ended now. `cutsOff` says whether that is advised.'),
    cutsOff,
    due: z.boolean().describe('True if the secret has reached the reminder age of the realm, or expires within 14 days.'),
    lastUsedAt: instant
      .nullable()
      .describe('The last authentication by any secret or key of the client, also by one that has ended; null if there was none.'),
    refused: refusedCounts,
  })
  .meta({ id: 'ClientStanding' })

/** A rotation with advice, which confirms nothing and refuses nothing. */
export const advisedRotation = rotation
  .extend({
    oldSecretUsualGapSeconds: count
      .nullable()
      .describe('Mean time between two uses of the old secret in the day before its last use, in seconds; null if it is not known.'),
    endAdvisedAt: instant
      .nullable()
      .describe(
        'Earliest instant at which ending the old secret is advised, if it is not used again: `confirmableAt`, or later, once it was unused for three times its usual gap and for longer than any pause in the day before its last use. Advice only: the rotation can be confirmed from `confirmableAt` on.',
      ),
  })
  .meta({ id: 'AdvisedRotation' })

export const listedRotation = advisedRotation
  .extend({
    name: z.string().describe('Name of the client.'),
    enabled: z.boolean().describe('False if the client is disabled, or its service account is off.'),
    organization: organizationReference,
    confirmable: z.boolean().describe('True if the old secret can be ended now. `endAdvisedAt` says when that is advised.'),
    cutsOff,
  })
  .meta({ id: 'ListedRotation' })

export const agreementStanding = z
  .strictObject({
    organization: organizationReference,
    standing: z.enum(['accepted', 'outdated', 'missing']),
    acceptedVersion,
    acceptedAt: instant.nullable(),
    acceptedBy: z.string().nullable(),
    refused: refusedCounts
      .nullable()
      .describe('Null for an organization with more than 100 clients, and without the scope `clients:read`.'),
  })
  .meta({ id: 'AgreementStanding' })

export const agreementCounts = z.strictObject({ accepted: count, outdated: count, missing: count })

export const found = z
  .strictObject({
    kind: z.enum(['organization', 'client', 'partner']),
    id: z.string().describe('Key that other operations take: the slug of an organization, the id of a client or of a partner.'),
    name: z.string(),
    where: z.string().describe('Slug of the organization of a client, id of an organization, or realm of a partner.'),
    match: z.enum(['id', 'text']).describe('"id" if an id begins with the text, "text" if an id or a name contains it.'),
  })
  .meta({ id: 'Found' })

export const me = z
  .strictObject({
    clientId: clientId.nullable().describe('Null for a person.'),
    person: uuid.optional().describe('Id of a person who has signed in to the console.'),
    realm: realmName.describe('Realm that the operator lives in.'),
    name: z.string(),
    organization: organizationReference,
    scopes: z.array(z.enum(adminScopes)).describe('Scopes that the operator has now; its token may have fewer.'),
    realms: z.array(z.string()).nullable().describe('The realms that it may act in; null for all.'),
    owner: z.boolean().describe('True if it may change operators.'),
  })
  .meta({ id: 'Me' })
