// The shapes of people: those who sign in to the portal by a passkey or at their company, operators who sign in at theirs, and invitations.
import { z } from 'zod'
import { withoutControls } from './bounded-text.ts'
import { portalRoles } from './operation.ts'
import { expectedVisible, isVisibleText } from './visible-text.ts'
import * as shapes from './shapes.ts'

export const portalRole = z.enum(portalRoles).meta({
  description:
    'Role at the portal: a "viewer" sees, a "developer" also replaces secrets and tries out, an "admin" also invites, and accepts the agreement.',
  examples: ['developer'],
})

const longestAddress = 254
const expectedAddress = `Expected a mail address of at most ${longestAddress} characters, ${expectedVisible}`
/** Shown, and never written to. */
export const workAddress = withoutControls(longestAddress, expectedAddress)
  .regex(/^[^@\s]+@[^@\s]+$/, expectedAddress)
  .refine(isVisibleText, expectedAddress)
  .meta({ description: 'Work email address of the person.', examples: ['mia.wong@acme.example'] })

const nameOfPerson = z.string().describe('Name of the person.')

export const person = z
  .strictObject({
    id: shapes.uuid,
    name: nameOfPerson,
    address: z
      .string()
      .nullable()
      .describe('Work email address, as the person typed it or the identity provider sent it; null if that sent none.'),
    role: portalRole
      .nullable()
      .describe(
        'Role at the portal; null for operators, whose scopes follow from their groups, and for a person who has none by the identity provider of its organization now.',
      ),
    signIn: z.enum(['passkey', 'idp']).describe('Way to sign in: a passkey, or an identity provider (IdP) of the company.'),
    passkeys: z.int().min(0).describe('Number of passkeys.'),
    createdAt: shapes.instant,
    lastSignedInAt: shapes.instant.nullable(),
  })
  .meta({ id: 'Person' })

export const invitation = z
  .strictObject({
    id: shapes.uuid,
    role: portalRole,
    state: z
      .enum(['open', 'accepted', 'withdrawn', 'ended'])
      .describe('State: "open" if it can be accepted, "ended" if it was not accepted in time.'),
    invitedBy: z.string().describe('Name or client id of who created it. At the portal, every operator is "the provider".'),
    inviterSignIn: z
      .enum(['passkey', 'idp'])
      .nullable()
      .describe('Way to sign in of the person who created it; null for an operator, and after the person was removed.'),
    createdAt: shapes.instant,
    endsAt: shapes.instant,
    acceptedAt: shapes.instant.nullable(),
    person: z
      .strictObject({ id: shapes.uuid, name: nameOfPerson })
      .nullable()
      .describe('Person who accepted it; null before that, and after the person was removed.'),
  })
  .meta({ id: 'Invitation' })

export const newInvitation = z
  .strictObject({
    id: shapes.uuid,
    role: portalRole,
    url: z
      .string()
      .nullable()
      .describe(
        'Link to the portal with the invitation behind the "#", shown only in this response: with it, a person gets the role. Null if the response is replayed for an Idempotency-Key.',
      ),
    createdAt: shapes.instant,
    endsAt: shapes.instant.describe('Until when it can be accepted: 7 days.'),
  })
  .meta({ id: 'NewInvitation' })
