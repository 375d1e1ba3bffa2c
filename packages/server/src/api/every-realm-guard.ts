// One guard for routes that belong to no realm: it reads the realm from the token, and the guard of that realm decides. That
// claim is read unverified, so it is used only to choose the guard that verifies the token.
import { checkRequirement, readAccessToken, readClaimedIssuer, type Guard, type UnexplainedDenial } from '@countersign/guard'
import { problems } from '@countersign/protocol'

/** The realms are not listed: which there are is no business of an outsider. */
const notIssuedHere: UnexplainedDenial = {
  allowed: false,
  code: 'invalid-token',
  detail: 'The access token was issued by another server, or by a realm that this server does not have.',
  remedy: problems['invalid-token'].causes[0].remedy,
}

/** Accepts a token if the guard of its realm does. */
export function createEveryRealmGuard(publicUrl: string, guards: readonly Guard[]): Guard {
  const guardOf = new Map<unknown, Guard>(guards.map((guard) => [guard.issuer, guard]))

  const [first] = guards as readonly [Guard, ...Guard[]]

  function findGuard(token: string): Guard | UnexplainedDenial {
    const issuer = readClaimedIssuer(token)
    return typeof issuer === 'string' ? (guardOf.get(issuer) ?? notIssuedHere) : issuer
  }

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
      const found = typeof token === 'string' ? findGuard(token) : token
      return 'allowed' in found ? first.explainDenial(found, request, requirement) : found.authorize(request, requirement)
    },
    async verifyToken(token) {
      const found = findGuard(token)
      return 'allowed' in found ? { valid: false, denial: found } : found.verifyToken(token)
    },
    describeDecision: (...told) => (guardOf.get(told[2].allowed && told[2].token.issuer) ?? first).describeDecision(...told),
    explainDenial: (...denied) => first.explainDenial(...denied),
    me(access) {
      const guard = guardOf.get(access.token.issuer)
      if (!guard) throw new TypeError(`No guard accepts tokens of "${access.token.issuer}"`)
      return guard.me(access)
    },
  }
}
