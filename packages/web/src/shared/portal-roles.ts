// The roles of people at the portal, with what each may do.
import type { PortalRole } from '@countersign/admin'

/** Behind "you". */
export const rolePowers: Readonly<Record<PortalRole, string>> = {
  viewer: 'see how your integration stands',
  developer: 'see how your integration stands, replace secrets, and ask the provider for what you need',
  admin: 'can do everything for your company: secrets, people, and accepting the agreement',
}
