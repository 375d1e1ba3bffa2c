// What the server does for each operation of the admin API, as one table over the same names.
import { clientHandlers } from './client-handlers.ts'
import type { AdminContext, AdminHandlers } from './handler.ts'
import { organizationHandlers } from './organization-handlers.ts'
import { secretHandlers } from './secret-handlers.ts'

export function adminHandlers(context: AdminContext): AdminHandlers {
  return { ...organizationHandlers(context), ...clientHandlers(context), ...secretHandlers(context) }
}
