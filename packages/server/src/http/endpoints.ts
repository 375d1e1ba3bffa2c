// The kinds of endpoint, under which requests are counted and logged instead of by their path. A route names its kind where it is
// mounted (`config.endpoint`).

export const endpointKinds = [
  'token',
  'introspection',
  'revocation',
  'discovery',
  'me',
  'entitlement',
  'changes',
  'decisions',
  'evaluation',
  'admin',
  'console',
  'portal',
  'problem-page',
  'probe',
  'other',
] as const
export type EndpointKind = (typeof endpointKinds)[number]

export interface Endpoint {
  readonly kind: EndpointKind
  /** As what its refusals are kept, where it answers for another endpoint. */
  readonly answersAs?: EndpointKind
  readonly realm?: string
}
