// Params that several paths share.
import { z } from 'zod'
import * as shapes from '../shapes.ts'

export const inRealm = z.strictObject({ realm: shapes.realmName })
export const ofOrganization = inRealm.extend({ organization: shapes.organizationKey })
export const ofClient = inRealm.extend({ client: shapes.clientId })
