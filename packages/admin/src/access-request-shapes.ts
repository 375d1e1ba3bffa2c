// What integrators ask the provider for, and what became of it.
import { z } from 'zod'
import { clientId, displayName, instant, uuid } from './shapes.ts'
import { organizationReference } from './standing-shapes.ts'

export const accessRequestKinds = ['partner', 'capability', 'scope', 'client'] as const
export type AccessRequestKind = (typeof accessRequestKinds)[number]

export const accessRequestStates = ['open', 'approved', 'declined', 'withdrawn', 'done'] as const

export const kind = z
  .enum(accessRequestKinds)
  .describe('Subject of the request: to act for a partner, a capability, a scope of a client, or a further client.')

export const what = displayName.meta({
  description: 'Id of the partner, name of the capability or of the scope, or display name of the new client.',
  examples: ['5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'],
})

export const state = z
  .enum(accessRequestStates)
  .describe('"approved": what it asked for is so. For a new client, "approved" until that client was created, and "done" then.')

export const accessRequest = z
  .strictObject({
    id: uuid,
    kind,
    what: z.string(),
    client: clientId.nullable().describe('Client that a scope is for; null for other kinds, and while there is no new client.'),
    note: z.string().nullable().describe('Note of the integrator.'),
    state,
    askedBy: z.string().describe('Name of the person, or client id; "the provider" if an operator recorded the request.'),
    askedAt: instant,
    answer: z.string().nullable().describe('Answer of the provider, which the integrator reads.'),
    answeredAt: instant.nullable(),
  })
  .meta({ id: 'AccessRequest' })

export const listedAccessRequest = accessRequest.extend({ organization: organizationReference }).meta({ id: 'ListedAccessRequest' })
