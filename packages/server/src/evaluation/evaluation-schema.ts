// Requests of the OpenID AuthZEN Authorization API 1.0 (§5 to §7): who, does what, to what. What decides is strict, so that a misspelt
// member is an error and never one check less; other members of `context` and the properties of a subject decide nothing, and pass.
import { z } from 'zod'

/** Longer tokens are refused by every guard. */
const maxSubjectLength = 16_384
export const maxEvaluations = 100

const id = (longest: number) => z.string().min(1).max(longest)
/** Its members decide nothing. They are dropped: as a default they would be copied for each of a hundred questions. */
const properties = z.object({})

const subject = z.strictObject({
  type: z.enum(['access_token', 'client']),
  id: id(maxSubjectLength),
  properties: properties.optional(),
})

const action = z.strictObject({
  name: id(255),
  properties: z
    .strictObject({
      scope: z.union([id(255), z.array(id(255)).min(1).max(100)]).optional(),
      capability: id(128).optional(),
      requestor: z.union([z.literal('required'), z.strictObject({ permission: id(255) })]).optional(),
      dpa: z.enum(['accepted', 'any']).optional(),
      organization: z.enum(['active', 'any']).optional(),
    })
    .optional(),
})

const resource = z.strictObject({
  type: z.enum(['partner', 'api']),
  id: id(255),
  properties: z.strictObject({ audience: id(255).optional() }).optional(),
})

/** Other members are dropped, as above. */
const context = z.object({ requestor_id: z.string().max(64).optional() })

const parts = { subject: subject.optional(), action: action.optional(), resource: resource.optional(), context: context.optional() }

export const evaluationRequest = z.strictObject({ ...parts, subject, action, resource })

/** §7.1: members at the top are the defaults of each evaluation, and a request without evaluations is a single one. */
export const evaluationsRequest = z.strictObject({
  ...parts,
  /** Each is checked by itself, with the defaults. */
  evaluations: z.array(z.record(z.string(), z.unknown())).max(maxEvaluations).optional(),
  options: z
    .looseObject({ evaluations_semantic: z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']).optional() })
    .optional(),
})

export type EvaluationRequest = z.output<typeof evaluationRequest>
export type EvaluationsRequest = z.output<typeof evaluationsRequest>
