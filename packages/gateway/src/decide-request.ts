// The decision on one request of an API, whichever proxy asks and over whichever protocol: the route, then the guard, then who is calling.
// Everything that is not let through by a route of the table is denied.
import {
  denialResponse,
  rateHeaders,
  type Access,
  type Denial,
  type DenialResponse,
  type Guard,
  type GuardRequest,
  type RemoteGuard,
  type UnexplainedDenial,
} from '@countersign/guard'
import { readSingleHeader, type ProblemCode } from '@countersign/protocol'
import { createContradictionFinder } from './contradicting-headers.ts'
import { anonymousIdentity, identityHeaders, identityOf, type Identity } from './identity-headers.ts'
import { namesOtherMethod } from './method-in-query.ts'
import { normalizePath } from './normalized-path.ts'
import type { FoundRoute, RouteTable } from './route-table.ts'
import type { SignHeader } from './signed-header.ts'

/** A request of a client, as a proxy describes it. */
export interface AskedRequest {
  readonly method: string
  /** Path and query as the client sent them. */
  readonly target: string
  /** Name, value, name, value, … of the client's request, as far as the proxy passes them on. */
  readonly rawHeaders: readonly string[]
  /** The address of the client, if the proxy says it. */
  readonly address?: string | undefined
}

/** What the proxy is told: 200 with the headers for the API, or the response for the client. */
export interface GatewayVerdict {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty, or JSON text. */
  readonly body: string
}

/** What is known of a verdict, for logs and metrics: no token, and no path but that of a route that is not in the table. */
export interface Decided {
  readonly requestId: string
  readonly outcome: 'allowed' | 'public' | 'preflight' | 'report-only' | ProblemCode
  readonly status: number
  readonly method: string
  /** The template. */
  readonly route: string | null
  readonly clientId: string | null
  readonly organizationId: string | null
  readonly address: string | null
  /** Why, for people: of a denial by the gateway itself. */
  readonly detail?: string
  /** Normalized, of a route that is not in the table. */
  readonly path?: string
  /** What was thrown where the guard could not decide. */
  readonly cause?: unknown
}

export interface DeciderOptions {
  readonly guard: Guard & Partial<Pick<RemoteGuard, 'reportDenial'>>
  /** The table of now. */
  readonly routes: () => RouteTable
  /** In lower case, with its "-" at the end. */
  readonly prefix: string
  /** In lower case: if a client sends it to a route with a partner, it must name that one. */
  readonly partnerHeader: string
  readonly allowsPreflights: boolean
  readonly sign: SignHeader | undefined
  readonly nextRequestId: () => string
  readonly onDecided: (decided: Decided) => void
}

/** Never rejects: what fails unexpectedly is a denial. */
export type DecideRequest = (asked: AskedRequest) => Promise<GatewayVerdict>

export function createDecider(options: DeciderOptions): DecideRequest {
  const { guard, routes, prefix, partnerHeader, allowsPreflights, sign, nextRequestId, onDecided } = options
  const findContradiction = createContradictionFinder({ prefix, partnerHeader })

  function tell(decided: Decided): void {
    try {
      onDecided(decided)
    } catch {
      // A log or a counter that fails must not change a decision.
    }
  }

  /** A denial of the gateway itself. */
  function refuse(asked: AskedRequest, requestId: string, code: ProblemCode, more: Known): GatewayVerdict {
    const { found, ...known } = more
    const denial = { allowed: false as const, code, ...(known.detail && { detail: known.detail }) }
    // To the server only what a guard would tell it, too: no path.
    const { method, address } = asked
    const request = { rawHeaders: [], params: {}, method, route: found?.route.template.text, address, requestId }
    if (code === 'route-not-permitted' || code === 'ambiguous-request') guard.reportDenial?.(denial, request)
    const response = denialResponse(guard, { ...denial, requestId })
    tell({ ...describe(asked, requestId, found), ...known, outcome: code, status: response.status })
    return toVerdict(response)
  }

  function letThrough(asked: AskedRequest, requestId: string, found: FoundRoute, passed: Passed): GatewayVerdict {
    const { outcome, identity, access, denial } = passed
    const signature = sign === undefined ? '' : sign({ requestId, method: asked.method, path: passed.path, identity })
    const headers = {
      ...identityHeaders(prefix, { ...identity, signature }),
      'x-request-id': requestId,
      'cache-control': 'no-store',
      ...(access?.rate && rateHeaders(access.rate)),
    }
    tell({
      ...describe(asked, requestId, found),
      outcome,
      status: 200,
      clientId: access?.token.clientId ?? denial?.clientId ?? null,
      organizationId: access?.entitlement.organization.rights.id ?? denial?.organizationId ?? null,
      ...(denial && { detail: `"${denial.code}" is let pass because of "reportOnly"` }),
    })
    return { status: 200, headers, body: '' }
  }

  function deny(asked: AskedRequest, found: FoundRoute, denial: Denial): GatewayVerdict {
    const response = denialResponse(guard, denial)
    const { code, requestId, clientId, organizationId } = denial
    const known = { outcome: code, status: response.status, clientId, organizationId }
    tell({ ...describe(asked, requestId, found), ...known, ...('cause' in denial && { cause: denial.cause }) })
    return toVerdict(response)
  }

  async function decide(asked: AskedRequest, requestId: string): Promise<GatewayVerdict> {
    const { method, target, rawHeaders } = asked
    const normalized = normalizePath(target)
    if (normalized.isAmbiguous) return refuse(asked, requestId, 'ambiguous-request', { detail: `The path ${normalized.why}.` })
    const contradiction = findContradiction(rawHeaders, method, target)
    if (contradiction !== undefined) return refuse(asked, requestId, 'ambiguous-request', { detail: `The header ${contradiction}.` })
    if (namesOtherMethod(target, method)) return refuse(asked, requestId, 'ambiguous-request', { detail: otherMethod })

    const { path, segments } = normalized
    const preflight = allowsPreflights && method === 'OPTIONS' ? readPreflight(rawHeaders) : undefined
    const found = routes().find(preflight ?? method, segments)
    if (!found) return refuse(asked, requestId, 'route-not-permitted', { path })
    if (found.isLookalike) return refuse(asked, requestId, 'ambiguous-request', { detail: lookalike, found })
    const anonymous = { path, identity: anonymousIdentity(found.route) }
    if (preflight !== undefined) return letThrough(asked, requestId, found, { ...anonymous, outcome: 'preflight' })
    const { requires, template } = found.route
    if (requires === undefined) return letThrough(asked, requestId, found, { ...anonymous, outcome: 'public' })

    const partnerId = requires.partner && found.params[requires.partner.param]
    const named = partnerId === undefined ? undefined : readSingleHeader(rawHeaders, partnerHeader)
    if (named !== undefined && named !== partnerId)
      return refuse(asked, requestId, 'partner-not-authorized', {
        detail: `The header "${partnerHeader}" names another partner than the path, which decides.`,
        found,
      })
    const request: GuardRequest = {
      rawHeaders,
      url: target,
      params: found.params,
      method,
      route: template.text,
      address: asked.address,
      requestId,
    }
    const decision = await guard.authorize(request, requires)
    if (decision.allowed) {
      const identity = identityOf(decision, found.route, partnerId)
      return letThrough(asked, requestId, found, { path, outcome: 'allowed', identity, access: decision })
    }
    if (!decision.reportOnly) return deny(asked, found, decision)
    return letThrough(asked, requestId, found, { ...anonymous, outcome: 'report-only', denial: decision })
  }

  return async (asked) => {
    const requestId = nextRequestId()
    try {
      return await decide(asked, requestId)
    } catch (cause) {
      return refuse(asked, requestId, 'internal-error', { cause })
    }
  }
}

const otherMethod = 'The query has "_method", which names another method than the request.'
const lookalike =
  'The path is nearly that of a more exact route: many servers ignore the letter case, a slash, a dot or a blank at its end, or what comes after a dot.'

type Known = Pick<Decided, 'detail' | 'path' | 'cause'> & { readonly found?: FoundRoute }

interface Passed {
  readonly path: string
  readonly outcome: Decided['outcome']
  readonly identity: Identity
  readonly access?: Access
  readonly denial?: UnexplainedDenial & Pick<Denial, 'clientId' | 'organizationId'>
}

/** A browser asks before a request from another origin, without a token (Fetch §3.2.2). The method that it asks about must be in the table. */
function readPreflight(rawHeaders: readonly string[]): string | undefined {
  const origin = readSingleHeader(rawHeaders, 'origin')
  const method = readSingleHeader(rawHeaders, 'access-control-request-method')
  return origin === undefined || origin === 'repeated' || method === 'repeated' ? undefined : method
}

function describe({ method, address }: AskedRequest, requestId: string, found?: FoundRoute) {
  return {
    requestId,
    method: /^[A-Z]{1,20}$/.test(method) ? method : 'other',
    route: found?.route.template.text ?? null,
    clientId: null,
    organizationId: null,
    address: address ?? null,
  }
}

function toVerdict({ status, headers, body }: DenialResponse): GatewayVerdict {
  return { status, headers, body }
}

/** The response to a request that is not decided at all, because of the proxy that sent it. */
export function refuseProxy(guard: Guard, code: ProblemCode, requestId: string, detail: string): GatewayVerdict {
  return toVerdict(denialResponse(guard, { allowed: false, code, requestId, detail }))
}
