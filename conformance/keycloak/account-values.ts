// What the mappers of Keycloak read of an account: attributes, also inherited from groups, and built-in properties.
import type { RealmModel } from './realm-model.ts'
import type { Account } from './realm-export.ts'

/** Built-in properties that are also attributes. */
const attributeProperties = ['username', 'email', 'firstName', 'lastName'] as const

function ownAttribute(account: Account, name: string): readonly string[] {
  const property = attributeProperties.find((known) => known === name)
  const value = property && account[property]
  return value ? [value] : (account.attributes?.[name] ?? [])
}

/** The values of an attribute: of the account, else of the nearest group; with `aggregates` of the account and all its groups. */
export function attributeOf(model: RealmModel, account: Account, name: string, aggregates: boolean): readonly string[] {
  const own = ownAttribute(account, name)
  const groups = (account.groups ?? []).flatMap(model.lineage)
  const inherited = groups.map(({ attributes }) => attributes?.[name] ?? []).filter(({ length }) => length > 0)
  if (aggregates) return [...new Set([own, ...inherited].flat())]
  return own.length > 0 ? own : (inherited[0] ?? [])
}

/** A built-in property as text; its name may begin with a capital letter. */
export function propertyOf(account: Account, clientUuid: string, name: string): string | undefined {
  const property = name.slice(0, 1).toLowerCase() + name.slice(1)
  if (property === 'emailVerified') return String(account.emailVerified ?? false)
  if (property === 'enabled') return String(account.enabled)
  if (property === 'id') return account.id
  if (property === 'createdTimestamp') return account.createdTimestamp?.toString()
  if (property === 'serviceAccountClientLink') return clientUuid
  const known = attributeProperties.find((one) => one === property)
  return known && account[known]
}
