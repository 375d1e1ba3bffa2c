// What fields are called on pages. A member that is not listed has its name, with spaces: `acceptedBy` is "Accepted by".

const names: Readonly<Record<string, string>> = {
  acceptedBy: 'Accepted by',
  accessTokenLifetime: 'Lifetime of its tokens',
  alreadyPublished: 'All verifiers know this key already',
  authenticationMethods: 'How it authenticates',
  authorize: 'Partners to allow',
  claimSet: 'Claim set',
  clientId: 'Client id',
  cutTokens: 'Also refuse all tokens from before now',
  defaultScopes: 'Scopes if none are requested',
  dpa: 'Agreement',
  emergency: 'Now, although some verifiers may not know it',
  force: 'Do it all the same',
  grant: 'What its tokens say',
  headerType: 'Type in the header of its tokens',
  id: 'Id',
  jwksUri: 'URL of its public keys',
  key: 'Key',
  keyId: 'Key id',
  operatorRealms: 'Operator of these realms only',
  operatorScopes: 'Operator scopes',
  partner: 'Id of the partner',
  reason: 'Reason, for the audit log',
  requiredFrom: 'Required from',
  requestor: 'Id of the person',
  scopeGrants: 'What single scopes add',
  secretExpiresAt: 'The secret ends at',
  serviceAccountEnabled: 'Gets tokens by client credentials',
  signingAlgorithm: 'Algorithm of its tokens',
  subject: 'Subject of its tokens',
  url: 'URL',
  withdraw: 'Partners to take away',
  window: 'The old secret stays good for',
}

export function nameOf(member: string): string {
  const known = names[member]
  if (known !== undefined) return known
  const spaced = member.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** Of a pointer such as `/grant/roles/realm`: "What its tokens say, roles, realm". */
export function describePointer(pointer: string): string {
  const members = pointer
    .split('/')
    .slice(1)
    .filter((member, index) => !(index === 0 && (member === 'params' || member === 'query')))
  return members.map((member, index) => (index === 0 ? nameOf(member) : nameOf(member).toLowerCase())).join(', ')
}
