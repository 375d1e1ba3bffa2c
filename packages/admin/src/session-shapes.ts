// The shapes of sessions in the console and the portal, and of persons who sign in there.
import { z } from 'zod'
import { clientId, instant, realmName, uuid } from './shapes.ts'
import { organizationReference } from './standing-shapes.ts'

export const signedInSession = z
  .strictObject({
    id: uuid.describe('Names the session; it is not what the cookie has.'),
    mount: z.enum(['console', 'portal']),
    kind: z.enum(['client', 'person']),
    name: z.string().describe('Name of the client or the person.'),
    clientId: clientId.optional().describe('The client that has signed in.'),
    person: uuid.optional().describe('Id of the person who has signed in.'),
    realm: realmName,
    organization: organizationReference,
    signedInAt: instant,
    seenAt: instant.describe('Last time that something was done in the pages.'),
    endsAt: instant.describe('End of the session in any case.'),
    address: z.string().describe('Address from which the session was begun.'),
    userAgent: z.string().describe('Program with which the session was begun.'),
    own: z.boolean().describe('True for a session of the client or the person that asks.'),
  })
  .meta({ id: 'SignedInSession' })
