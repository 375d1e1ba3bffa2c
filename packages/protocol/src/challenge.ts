// The Bearer challenge of a refused request (RFC 6750 §3): written by the guard, read by the client.

export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

export interface BearerChallenge {
  readonly realm?: string
  /** Absent on a bare challenge, which answers a request that carried no credentials (RFC 6750 §3.1). */
  readonly error?: string
  readonly errorDescription?: string
  readonly scope?: string
  /** The page of the problem catalogue. */
  readonly errorUri?: string
}

const wireNames = { realm: 'realm', error: 'error', errorDescription: 'error_description', errorUri: 'error_uri', scope: 'scope' } as const

/** The value of a WWW-Authenticate header (RFC 6750 §3). Characters outside printable ASCII are removed from the members. */
export function formatBearerChallenge(challenge: BearerChallenge): string {
  const parameters: string[] = []
  for (const [member, name] of Object.entries(wireNames) as [keyof BearerChallenge, string][]) {
    const value = challenge[member]
    if (value !== undefined) parameters.push(`${name}="${value.replace(/[^\x20-\x7E]/g, '').replace(/["\\]/g, '\\$&')}"`)
  }
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`
}

// auth-param = token BWS "=" BWS ( token / quoted-string ), RFC 9110 §11.2
const parameter = /([A-Za-z0-9!#$%&'*+\-.^_`|~]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&'*+\-.^_`|~]+))/y
// A scheme with its optional token68 ("Negotiate YII="), which is skipped.
const nextScheme = /[ \t,]*([A-Za-z0-9!#$%&'*+\-.^_`|~]+)(?=$|[ \t,])(?:[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:$|,)))?/y

/** Longer header values are treated as if they had no challenge. Characters. */
const maxChallengeHeaderLength = 8192

/**
 * Finds the first Bearer challenge in a WWW-Authenticate value, which may list several schemes (RFC 9110 §11.6.1).
 * `undefined` if there is none. Never throws: a syntax error ends the list.
 */
export function parseBearerChallenge(header: string | null | undefined): BearerChallenge | undefined {
  if (!header || header.length > maxChallengeHeaderLength) return undefined
  let position = 0
  while (position < header.length) {
    nextScheme.lastIndex = position
    const scheme = nextScheme.exec(header)
    if (!scheme) return undefined
    const { parameters, end } = readParameters(header, nextScheme.lastIndex)
    if (scheme[1]?.toLowerCase() === 'bearer') return toChallenge(parameters)
    position = end
  }
  return undefined
}

function readParameters(header: string, start: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>()
  let position = start
  for (;;) {
    while (header[position] === ' ' || header[position] === '\t' || header[position] === ',') position++
    parameter.lastIndex = position
    const match = parameter.exec(header)
    if (!match) return { parameters, end: position }
    const name = match[1]?.toLowerCase() ?? ''
    if (!parameters.has(name)) parameters.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '')
    position = parameter.lastIndex
  }
}

function toChallenge(parameters: Map<string, string>): BearerChallenge {
  const challenge: { -readonly [member in keyof BearerChallenge]: string } = {}
  for (const [member, name] of Object.entries(wireNames) as [keyof BearerChallenge, string][]) {
    const value = parameters.get(name)
    if (value !== undefined) challenge[member] = value
  }
  return challenge
}
