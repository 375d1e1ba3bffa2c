// The pages that the navigation and the palette offer, in this order.

/** Pages of a realm: the rest of the path, and the name. */
export const ofRealm = [
  ['', 'Overview'],
  ['/organizations', 'Organizations'],
  ['/clients', 'Clients'],
  ['/rotation', 'Rotation'],
  ['/refusals', 'Refusals'],
  ['/partners', 'Partners'],
  ['/agreement', 'Agreement'],
  ['/requests', 'Access requests'],
  ['/guards', 'Guards'],
  ['/keys', 'Signing keys'],
] as const

/** Pages of the server: the path, and the name. */
export const ofServer = [
  ['/explain', 'Explain'],
  ['/audit', 'Audit log'],
  ['/health', 'Health'],
  ['/operators', 'Operators'],
  ['/sessions', 'Sessions'],
  ['/settings', 'Settings'],
] as const
