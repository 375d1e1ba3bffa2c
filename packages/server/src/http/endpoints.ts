// What requests are counted and logged as, instead of by their path: a route says it where it is mounted (`config.endpoint`).

export const endpointKinds = [
  'token',
  'introspection',
  'revocation',
  'discovery',
  'me',
  'entitlement',
  'admin',
  'problem-page',
  'probe',
  'other',
] as const
export type EndpointKind = (typeof endpointKinds)[number]

export interface Endpoint {
  readonly kind: EndpointKind
  readonly realm?: string
}
