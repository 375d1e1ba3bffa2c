// Where the Keycloak shape of the admin API is. Keycloak's tools show the member errorMessage of an error and nothing else.
import type { ProblemDocument } from '@countersign/protocol'
import { pathOf } from './request-path.ts'

export const keycloakPath = '/admin/realms'

export function isKeycloakPath(target: string): boolean {
  const path = pathOf(target)
  return path === keycloakPath || path.startsWith(`${keycloakPath}/`)
}

export function withErrorMessage(problem: ProblemDocument): ProblemDocument & { readonly errorMessage: string } {
  return { ...problem, errorMessage: `${problem.detail} ${problem.remedy}` }
}
