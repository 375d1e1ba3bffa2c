// The mappers of Keycloak that write claims other than roles.
import type { JsonRecord } from '@countersign/protocol'
import { attributeOf, propertyOf } from './account-values.ts'
import { typedValue, Unreproducible } from './claim-values.ts'
import type { ExportedClient, ProtocolMapper } from './realm-export.ts'
import type { TokenDraft } from './token-draft.ts'
import { writeClaim, writeText } from './write-claim.ts'

export function writeHardcodedClaim(draft: TokenDraft, mapper: ProtocolMapper): void {
  const value = mapper.config['claim.value']
  if (value !== undefined) writeClaim(draft, mapper, typedValue(value, mapper.config))
}

export function writeAttribute(draft: TokenDraft, mapper: ProtocolMapper): void {
  const { config } = mapper
  const aggregates = config['aggregate.attrs'] === 'true'
  const values = attributeOf(draft.model, draft.account, config['user.attribute'] ?? '', aggregates)
  if (aggregates && values.length > 1 && config['multivalued'] !== 'true')
    draft.openQuestions.push(`which one of several values is in "${config['claim.name']}"`)
  writeClaim(draft, mapper, typedValue(values, config))
}

export function writeProperty(draft: TokenDraft, mapper: ProtocolMapper): void {
  const value = propertyOf(draft.account, draft.client.id, mapper.config['user.attribute'] ?? '')
  if (value !== undefined) writeClaim(draft, mapper, typedValue(value, mapper.config))
}

/** The address of the caller, which no grant can have; the claims with these names are never compared. */
const callerNotes: Readonly<Record<string, string>> = { clientHost: 'clientHost', clientAddress: 'clientAddress' }

export function writeSessionNote(draft: TokenDraft, mapper: ProtocolMapper): void {
  const note = mapper.config['user.session.note'] ?? ''
  if (note === 'client_id') return writeClaim(draft, mapper, typedValue(draft.client.clientId, mapper.config))
  const usual = callerNotes[note]
  if (usual !== undefined && mapper.config['claim.name'] !== usual) throw new Unreproducible('the address of the caller is in the token')
}

export function writeGroups(draft: TokenDraft, mapper: ProtocolMapper): void {
  const paths = draft.account.groups ?? []
  const hasFullPath = mapper.config['full.path'] === 'true'
  const names = hasFullPath ? [...paths] : paths.map((path) => draft.model.lineage(path)[0]?.name ?? path)
  if (names.length > 0) writeClaim(draft, mapper, names, true)
}

export function writeFullName({ claims, account }: TokenDraft): void {
  const parts = [account.firstName, account.lastName].filter(Boolean)
  if (parts.length > 0) claims.set('name', parts.join(' '))
}

const addressMembers = {
  formatted: 'formatted',
  street: 'street_address',
  locality: 'locality',
  region: 'region',
  postal_code: 'postal_code',
  country: 'country',
}

export function writeAddress({ model, account, claims }: TokenDraft, { config }: ProtocolMapper): void {
  const members = Object.entries(addressMembers).flatMap(([member, claim]) => {
    const [value] = attributeOf(model, { ...account, groups: [] }, config[`user.attribute.${member}`] ?? member, false)
    return value === undefined ? [] : [[claim, value] as const]
  })
  if (members.length > 0) claims.set('address', Object.fromEntries(members))
}

/** A service account has authenticated once, so its level is 1, or what the client or the realm calls that level. */
export function writeAcr(draft: TokenDraft, mapper: ProtocolMapper): void {
  const { client, model } = draft
  const levels = [client.attributes, model.realm.attributes].map(
    (attributes) => JSON.parse(attributes?.['acr.loa.map'] ?? '{}') as Record<string, number | string>,
  )
  const map = levels.find((level) => Object.keys(level).length > 0) ?? {}
  const reached = (names: readonly string[]) => names.find((name) => Number(map[name] ?? name) === 1)
  const wanted = client.attributes?.['default.acr.values']?.split('##') ?? []
  writeText(draft, mapper, 'acr', (Object.keys(map).length > 0 && (reached(wanted) ?? reached(Object.keys(map)))) || '1')
}

export function writeAllowedOrigins({ claims, client }: TokenDraft): void {
  const origins = (client.webOrigins ?? []).flatMap((origin) => (origin === '+' ? originsOfRedirects(client) : [origin]))
  if (origins.length > 0) claims.set('allowed-origins', [...new Set(origins)])
}

function originsOfRedirects({ redirectUris = [], rootUrl = '' }: ExportedClient): string[] {
  const urls = redirectUris.map((uri) => (uri.startsWith('/') ? rootUrl + uri : uri))
  return urls.flatMap((url) => /^https?:\/\/[^/]+/.exec(url)?.[0] ?? [])
}

export function addAudience({ audiences }: TokenDraft, { config }: ProtocolMapper): void {
  const audience = config['included.client.audience'] || config['included.custom.audience']
  if (audience) audiences.add(audience)
}

export function writeOrganizations(draft: TokenDraft, mapper: ProtocolMapper): void {
  const { config } = mapper
  const organizations = draft.scopes.includes('organization') ? draft.model.organizationsOf(draft.account) : []
  const [first] = organizations
  if (first === undefined) return
  const named = { ...mapper, config: { ...config, 'claim.name': config['claim.name'] ?? 'organization' } }
  const [hasId, hasAttributes] = [config['addOrganizationId'] === 'true', config['addOrganizationAttributes'] === 'true']
  if (config['multivalued'] === 'false') {
    if (organizations.length > 1) draft.openQuestions.push('which one of several organizations is in the token')
    writeClaim(draft, named, first.alias)
  } else if (hasId || hasAttributes || config['jsonType.label'] === 'JSON') {
    const about = organizations.map(({ alias, id, attributes }): [string, JsonRecord] => [
      alias,
      { ...(hasId && { id }), ...(hasAttributes && attributes) },
    ])
    writeClaim(draft, named, Object.fromEntries(about), false)
  } else {
    writeClaim(
      draft,
      named,
      organizations.map(({ alias }) => alias),
    )
  }
}
