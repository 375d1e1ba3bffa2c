// Which changes can have made a refusal: by the kind of their audit event, whose events these are, and the members of their detail. Changes
// through Keycloak's shape of the admin API have the same kinds.
import type { ChangeDetails, ChangeKind } from '../audit/events/kinds.ts'

export interface ChangeRule {
  /** The events of an organization, of a client, or of the realm. */
  readonly of: 'organization' | 'client' | 'realm'
  readonly kinds: readonly ChangeKind[]
  readonly made: (detail: Readonly<Record<string, unknown>>) => boolean
  /** What had to be given before it could be taken: only later changes are read, and none if it never was. */
  readonly after?: readonly ChangeRule[]
}

type Detail<Kind extends ChangeKind> = Partial<ChangeDetails[Kind]>

function rule<Kind extends ChangeKind>(
  of: ChangeRule['of'],
  kinds: readonly Kind[],
  made: (detail: { [Member in Kind]: Detail<Member> }[Kind]) => boolean = () => true,
): ChangeRule {
  return { of, kinds, made: made as ChangeRule['made'] }
}

export const suspended: readonly ChangeRule[] = [
  rule('organization', ['organizations.suspend']),
  rule('organization', ['organizations.update'], ({ status }) => status === 'suspended'),
]

export const resumed: readonly ChangeRule[] = [
  rule('organization', ['organizations.resume']),
  rule('organization', ['organizations.update'], ({ status }) => status === 'active'),
]

export const outdatedBy = (version: string): readonly ChangeRule[] => [
  rule('realm', ['dpa.publish'], (published) => published.version === version),
]

/** The last change that set the scopes without one of these. */
export const withoutScope = (scopes: readonly string[]): readonly ChangeRule[] => [
  rule('client', ['clients.update', 'clients.create'], (client) => client.scopes !== undefined && lacks(client.scopes, scopes)),
]

/** A change that set the scopes with all of these. */
export const withScope = (scopes: readonly string[]): readonly ChangeRule[] => [
  rule('client', ['clients.update', 'clients.create'], (client) => client.scopes !== undefined && !lacks(client.scopes, scopes)),
]

/** Of an operator that lives in the realm that it serves. */
export const withoutOperatorScope = (scopes: readonly string[]): readonly ChangeRule[] => [
  rule(
    'client',
    ['clients.update', 'clients.create'],
    ({ operatorScopes }) => operatorScopes !== undefined && lacks(operatorScopes, scopes),
  ),
]

export const limitedToRealms: readonly ChangeRule[] = [
  rule('client', ['clients.update', 'clients.create'], ({ operatorRealms }) => Array.isArray(operatorRealms)),
]

export const withoutPartner = (partner: string, organizationId: string): readonly ChangeRule[] => [
  rule('organization', ['partners.withdraw'], (withdrawn) => withdrawn.partner === partner),
  rule('organization', ['partners.change'], ({ withdrawn }) => withdrawn?.includes(partner) === true),
  {
    ...rule(
      'realm',
      ['partners.delete'],
      (deleted) => deleted.partner === partner && deleted.withdrawnFrom?.includes(organizationId) === true,
    ),
    after: [
      rule('organization', ['partners.authorize'], (authorized) => authorized.partner === partner),
      rule('organization', ['partners.change'], ({ authorized }) => authorized?.includes(partner) === true),
    ],
  },
]

export const withoutCapability = (capability: string): readonly ChangeRule[] => [
  rule('organization', ['capabilities.set'], (set) => set.capability === capability && set.value !== true),
  rule('organization', ['capabilities.remove'], (removed) => removed.capability === capability),
  rule('organization', ['organizations.update'], ({ capabilities }) => {
    return capabilities !== undefined && Object.hasOwn(capabilities, capability) && capabilities[capability] !== true
  }),
]

export const setTier: readonly ChangeRule[] = [
  rule('organization', ['capabilities.set'], ({ capability }) => capability === 'rateLimitTier'),
  rule('organization', ['organizations.update', 'organizations.create'], ({ capabilities }) => {
    return capabilities !== undefined && Object.hasOwn(capabilities, 'rateLimitTier')
  }),
]

export const withoutRequestor = (requestor: string): readonly ChangeRule[] => [
  rule('organization', ['requestors.delete'], (deleted) => deleted.requestor === requestor),
]

export const withoutPermission = (requestor: string, permission: string): readonly ChangeRule[] => [
  rule('organization', ['requestors.update', 'requestors.create'], (set) => {
    return set.requestor === requestor && set.permissions?.includes(permission) === false
  }),
]

export const revokedToken = (tokenId: string): readonly ChangeRule[] => [
  rule('client', ['token.revocation'], (revoked) => revoked.tokenId === tokenId),
]

export const cutOfOrganization: readonly ChangeRule[] = [
  rule('organization', ['organizations.cutTokens']),
  rule('realm', ['store.restored']),
]

export const cutOfClient: readonly ChangeRule[] = [
  rule('client', ['token.revocation'], ({ tokensNotBefore }) => tokensNotBefore !== undefined),
  rule('client', ['secrets.revoke', 'keys.remove'], ({ cutTokens }) => cutTokens === true),
]

export const disabled: readonly ChangeRule[] = [rule('client', ['clients.update'], ({ enabled }) => enabled === false)]

export const serviceAccountOff: readonly ChangeRule[] = [
  rule('client', ['clients.update'], ({ serviceAccountEnabled }) => serviceAccountEnabled === false),
]

export const enabled: readonly ChangeRule[] = [rule('client', ['clients.update'], (client) => client.enabled === true)]

export const serviceAccountOn: readonly ChangeRule[] = [
  rule('client', ['clients.update'], ({ serviceAccountEnabled }) => serviceAccountEnabled === true),
]

export const createdClient: readonly ChangeRule[] = [rule('client', ['clients.create'])]

export const deletedClient: readonly ChangeRule[] = [rule('client', ['clients.delete']), rule('organization', ['organizations.delete'])]

export const compromisedKey = (keyId?: string): readonly ChangeRule[] => [
  rule('realm', ['signingKeys.compromise'], (key) => keyId === undefined || key.keyId === keyId),
]

export const endedKey = (keyId: string): readonly ChangeRule[] => [
  ...compromisedKey(keyId),
  rule('realm', ['signingKeys.retire'], (key) => key.keyId === keyId),
]

export const endedSecret: readonly ChangeRule[] = [
  rule('client', ['rotation.confirm', 'rotation.end', 'rotation.cancel', 'secrets.revoke']),
  rule('client', ['rotation.start'], ({ endedSecretId }) => endedSecretId !== undefined),
]

export const expiringSecret: readonly ChangeRule[] = [rule('client', ['rotation.start', 'rotation.extend'])]

export const removedKey: readonly ChangeRule[] = [rule('client', ['keys.remove', 'keys.setUri'])]

export const changedMethods: readonly ChangeRule[] = [
  rule('client', ['clients.update'], ({ authenticationMethods }) => authenticationMethods !== undefined),
]

function lacks(has: readonly string[], needed: readonly string[]): boolean {
  return needed.some((scope) => !has.includes(scope))
}
