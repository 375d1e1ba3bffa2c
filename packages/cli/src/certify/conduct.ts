// What must never happen, whatever is played: it is watched in every scenario.

import type { Need } from './needs.ts'

export interface RuleOfConduct {
  readonly title: string
  readonly played: string
  readonly expected: string
  readonly remedy: string
  readonly needs?: Need
}

export const conductRules = {
  assertion: {
    title: 'Each token request has an assertion of its own that the issuer accepts',
    played: 'Watched in every scenario, with `--auth private_key_jwt`.',
    expected:
      'a JWT signed for this request: "iss" and "sub" are the client id, "aud" is the issuer, "jti" is new, and "exp" at most 5 minutes ahead',
    remedy:
      'Sign a new JWT for each token request, also for a retry: "iss" and "sub" are the client id, "aud" is the issuer as one string, "jti" is a random text, "exp" is 60 s after now, and "kid" in the header names the key.',
    needs: 'key',
  },
  'bearer-scheme': {
    title: 'The token is sent as exactly "Authorization: Bearer <token>", once',
    played: 'Watched in every scenario.',
    expected: 'one header "Authorization: Bearer <token>", with a capital B, one space and nothing after the token',
    remedy: 'Build the header from the word "Bearer", one space and the value of "access_token", and send no call before there is a token.',
  },
  'token-in-url': {
    title: 'No token and no credential is in a URL',
    played: 'Watched in every scenario, at the API and at the issuer.',
    expected: 'URLs without a token and without a credential: proxies and servers log them',
    remedy:
      'Send the token in the header Authorization, and the secret in a Basic header or in the form of the token request; an assertion goes into the form.',
  },
  'secret-elsewhere': {
    title: 'The credentials of the client go to the token endpoint only',
    played: 'Watched in every scenario: headers, query and body of calls to the API, and of requests to other endpoints of the issuer.',
    expected: 'the secret or assertion in requests to the token endpoint only, and a private key in none',
    remedy: 'Use one HTTP client, or one set of default headers, for the token endpoint and another one for the API.',
  },
  output: {
    title: 'No token and no credential is in the output of the backend',
    played:
      'Watched in every scenario: standard output and standard error are searched for the secret, its Basic form, the private key, each assertion, each token and its signature. Files are not.',
    expected: 'no token and no credential on standard output and standard error',
    remedy:
      'Log the status and the request id instead of requests, headers and whole error objects: errors of HTTP libraries often contain the request.',
  },
} as const satisfies Record<string, RuleOfConduct>

export type ConductRule = keyof typeof conductRules

interface Breach {
  readonly seen: string
  /** In place of the remedy of the rule. */
  readonly remedy?: string
}

/** What was seen, by the rule that it breaks; the first one in each scenario. */
export class Conduct {
  readonly broken = new Map<ConductRule, Breach>()

  note(rule: ConductRule, seen: string, remedy?: string): void {
    if (!this.broken.has(rule)) this.broken.set(rule, { seen, ...(remedy !== undefined && { remedy }) })
  }
}
