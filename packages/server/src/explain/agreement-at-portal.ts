// Who accepts the agreement: where there is a portal, an admin of the organization itself; otherwise the provider records the acceptance.
import type { ProblemCode } from '@countersign/protocol'

const codes: ReadonlySet<string> = new Set<ProblemCode>(['dpa-missing', 'dpa-outdated'])

/** @param portalUrl undefined if the portal is off */
export function isAcceptedAtPortal(code: string, portalUrl: string | undefined): portalUrl is string {
  return portalUrl !== undefined && codes.has(code)
}

/** To the integrator. */
export function acceptAtPortal(portalUrl: string): string {
  return `A person of your organization with the role "admin" reads and accepts the required version in the portal: ${portalUrl}/portal/agreement`
}
