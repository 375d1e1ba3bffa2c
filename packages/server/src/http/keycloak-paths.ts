// Where the Keycloak shape of the admin API is. Keycloak's tools show the member errorMessage of an error and nothing else.
import type { ProblemDocument } from '@countersign/protocol'

export const keycloakPath = '/admin/realms'

/** @param path decoded */
export function isKeycloakPath(path: string): boolean {
  return path === keycloakPath || path.startsWith(`${keycloakPath}/`)
}

export function withErrorMessage(problem: ProblemDocument): ProblemDocument & { readonly errorMessage: string } {
  return { ...problem, errorMessage: `${problem.detail} ${problem.remedy}` }
}
