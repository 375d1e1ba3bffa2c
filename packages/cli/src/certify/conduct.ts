// What must never happen, whatever is played: it is watched in every scenario.

export const conductRules = {
  'bearer-scheme': {
    title: 'The token is sent as exactly "Authorization: Bearer <token>", once',
    played: 'Watched in every scenario.',
    expected: 'one header "Authorization: Bearer <token>", with a capital B, one space and nothing after the token',
    remedy: 'Build the header from the word "Bearer", one space and the value of "access_token", and send no call before there is a token.',
  },
  'token-in-url': {
    title: 'No token and no secret is in a URL',
    played: 'Watched in every scenario, at the API and at the issuer.',
    expected: 'URLs without a token and without a secret: proxies and servers log them',
    remedy: 'Send the token in the header Authorization, and the secret in a Basic header or in the form of the token request.',
  },
  'secret-elsewhere': {
    title: 'The client secret goes to the token endpoint only',
    played: 'Watched in every scenario: headers, query and body of calls to the API, and of requests to other endpoints of the issuer.',
    expected: 'the secret in requests to the token endpoint only',
    remedy: 'Use one HTTP client, or one set of default headers, for the token endpoint and another one for the API.',
  },
  output: {
    title: 'No token and no secret is in the output of the backend',
    played:
      'Watched in every scenario: standard output and standard error are searched for the secret, its Basic form, each token and its signature. Files are not.',
    expected: 'no token and no secret on standard output and standard error',
    remedy:
      'Log the status and the request id instead of requests, headers and whole error objects: errors of HTTP libraries often contain the request.',
  },
} as const

export type ConductRule = keyof typeof conductRules

/** What was seen, by the rule that it breaks; the first one in each scenario. */
export class Conduct {
  readonly broken = new Map<ConductRule, string>()

  note(rule: ConductRule, seen: string): void {
    if (!this.broken.has(rule)) this.broken.set(rule, seen)
  }
}
