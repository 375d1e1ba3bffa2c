// The handlers of the admin API, as one table by operation name.
import { accessRequestHandlers } from './access-request-handlers.ts'
import { activityHandlers } from './activity-handlers.ts'
import { agreementHandlers } from './agreement-handlers.ts'
import { auditHandlers } from './audit-handlers.ts'
import { claimSetHandlers } from './claim-set-handlers.ts'
import { clientHandlers } from './client-handlers.ts'
import { explainHandlers } from './explain-handlers.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'
import { healthHandlers } from './health-handlers.ts'
import { identityProviderHandlers } from './identity-provider-handlers.ts'
import { keyHandlers } from './key-handlers.ts'
import { keyRingHandlers } from './key-ring-handlers.ts'
import { operatorHandlers } from './operator-handlers.ts'
import { organizationHandlers } from './organization-handlers.ts'
import { partnerHandlers } from './partner-handlers.ts'
import { peopleHandlers } from './people-handlers.ts'
import { realmHandlers } from './realm-handlers.ts'
import { refusalHandlers } from './refusal-handlers.ts'
import { requestorHandlers } from './requestor-handlers.ts'
import { secretHandlers } from './secret-handlers.ts'
import { sessionHandlers } from './session-handlers.ts'
import { signingKeyHandlers } from './signing-key-handlers.ts'
import { usageHandlers } from './usage-handlers.ts'

export function adminHandlers(context: AdminContext): AdminHandlers {
  return {
    ...realmHandlers(context),
    ...organizationHandlers(context),
    ...partnerHandlers(context),
    ...agreementHandlers(context),
    ...accessRequestHandlers(context),
    ...activityHandlers(context),
    ...requestorHandlers(context),
    ...claimSetHandlers(context),
    ...clientHandlers(context),
    ...secretHandlers(context),
    ...keyHandlers(context),
    ...signingKeyHandlers(context),
    ...keyRingHandlers(context),
    ...auditHandlers(context),
    ...refusalHandlers(context),
    ...explainHandlers(context),
    ...operatorHandlers(context),
    ...peopleHandlers(context),
    ...identityProviderHandlers(context),
    ...sessionHandlers(context),
    ...healthHandlers(context),
    ...usageHandlers(context),
  }
}
