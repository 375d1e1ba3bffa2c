// What the handlers of the portal work with.
import type { Kysely } from 'kysely'
import type { AdminContext } from '../admin/handler-types.ts'
import type { StepLimit } from '../me/step-limit.ts'
import type { Schema } from '../store/schema.ts'

export interface OwnContext extends Pick<AdminContext, 'realms' | 'db' | 'cache' | 'pepper' | 'usage' | 'clock'> {
  /** Of the server. */
  readonly publicUrl: string
  /** Where the portal is. */
  readonly portalUrl: string
  /** No token waits for it. */
  readonly backgroundPool: Kysely<Schema>
  /** Shared with /v1/me. */
  readonly stepLimit: StepLimit
}
