// One guard for routes that belong to no realm: it reads the realm from the token, and the guard of that realm decides. That
// claim is read unverified, so it is used only to choose the guard that verifies the token.
import { checkRequirement, readAccessToken, type Denial, type Guard } from '@countersign/guard'

/** Accepts a token if the guard of its realm does. */
export function createEveryRealmGuard(publicUrl: string, guards: readonly Guard[]): Guard {
  const guardOf = new Map<unknown, Guard>(guards.map((guard) => [guard.issuer, guard]))
  const notIssuedHere: Denial = { allowed: false, code: 'invalid-token' }

  return {
    issuer: publicUrl,
    realm: 'countersign',
    publicUrl,
    checkRequirement(requirement, routeParamNames) {
      checkRequirement(requirement, routeParamNames)
      for (const guard of guards) guard.checkRequirement(requirement, routeParamNames)
    },
    async authorize(request, requirement) {
      const token = readAccessToken(request)
      if (typeof token !== 'string') return token
      return guardOf.get(readClaimedIssuer(token))?.authorize(request, requirement) ?? notIssuedHere
    },
    async verifyToken(token) {
      return guardOf.get(readClaimedIssuer(token))?.verifyToken(token) ?? { valid: false, denial: notIssuedHere }
    },
    me(access) {
      const guard = guardOf.get(access.token.issuer)
      if (!guard) throw new TypeError(`No guard accepts tokens of "${access.token.issuer}"`)
      return guard.me(access)
    },
  }
}

function readClaimedIssuer(token: string): unknown {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString()) as { iss?: unknown } | null
    return claims?.iss
  } catch {
    return undefined
  }
}
