// Every operator operation as data: method, path, scope, input and output. The server mounts this table, the client calls it,
// the documentation is generated from it.
import type { z } from 'zod'
import type { Operation } from './operation.ts'
import { accessRequestOperations } from './operations/access-requests.ts'
import { activityOperations } from './operations/activity.ts'
import { agreementOperations } from './operations/agreements.ts'
import { auditOperations } from './operations/audit.ts'
import { claimSetOperations } from './operations/claim-sets.ts'
import { clientOperations } from './operations/clients.ts'
import { explainOperations } from './operations/explain.ts'
import { healthOperations } from './operations/health.ts'
import { operatorOperations } from './operations/operators.ts'
import { organizationOperations } from './operations/organizations.ts'
import { partnerOperations } from './operations/partners.ts'
import { peopleOperations } from './operations/people.ts'
import { realmOperations } from './operations/realms.ts'
import { refusalOperations } from './operations/refusals.ts'
import { requestorOperations } from './operations/requestors.ts'
import { keyOperations } from './operations/keys.ts'
import { identityProviderOperations } from './operations/identity-providers.ts'
import { keyRingOperations } from './operations/key-rings.ts'
import { secretOperations } from './operations/secrets.ts'
import { sessionOperations } from './operations/sessions.ts'
import { signingKeyOperations } from './operations/signing-keys.ts'
import { usageOperations } from './operations/usage.ts'

export const operations = {
  ...realmOperations,
  ...organizationOperations,
  ...partnerOperations,
  ...agreementOperations,
  ...accessRequestOperations,
  ...activityOperations,
  ...requestorOperations,
  ...claimSetOperations,
  ...clientOperations,
  ...secretOperations,
  ...keyOperations,
  ...signingKeyOperations,
  ...keyRingOperations,
  ...auditOperations,
  ...refusalOperations,
  ...explainOperations,
  ...operatorOperations,
  ...peopleOperations,
  ...identityProviderOperations,
  ...sessionOperations,
  ...healthOperations,
  ...usageOperations,
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

type Part<Name extends OperationName, Key extends string, Otherwise> =
  (typeof operations)[Name] extends Record<Key, infer Shape extends z.ZodType> ? Shape : Otherwise

/** What a caller passes: all members of path, query and body, by part. */
export interface OperationInput<Name extends OperationName> {
  readonly params: z.input<(typeof operations)[Name]['params']>
  readonly query?: Part<Name, 'query', undefined> extends infer Shape extends z.ZodType ? z.input<Shape> : undefined
  readonly body?: Part<Name, 'body', undefined> extends infer Shape extends z.ZodType ? z.input<Shape> : undefined
}

/** What the server works with: checked, and with the defaults filled in. */
export interface CheckedInput<Name extends OperationName> {
  readonly params: z.output<(typeof operations)[Name]['params']>
  readonly query: Part<Name, 'query', undefined> extends infer Shape extends z.ZodType ? z.output<Shape> : undefined
  readonly body: Part<Name, 'body', undefined> extends infer Shape extends z.ZodType ? z.output<Shape> : undefined
}

export type OperationOutput<Name extends OperationName> = z.output<(typeof operations)[Name]['output']>
