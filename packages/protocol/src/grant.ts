// What a token says beside the claims of its profile: audiences, roles and fixed claims, as plain data. A grant hangs on a claim set, on a
// client or on a scope of a client; the token has their merge.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }
export type JsonRecord = { readonly [name: string]: JsonValue }

export interface Grant {
  readonly audiences: readonly string[]
  readonly roles: {
    readonly realm: readonly string[]
    /** By API, which is named by its audience. */
    readonly clients: { readonly [api: string]: readonly string[] }
  }
  /** In the layout of the token. Texts may contain {@link grantVariables}, and nothing else is computed. */
  readonly claims: JsonRecord
}

/** What a text in the claims of a grant may stand for: the client id and the subject of the token's client. */
export const grantVariables = ['client_id', 'subject'] as const
export type GrantVariable = (typeof grantVariables)[number]

export const emptyGrant: Grant = Object.freeze({ audiences: [], roles: { realm: [], clients: {} }, claims: {} })

/**
 * Audiences and roles unite, claims merge: objects member by member, lists of texts unite, any other value of a later grant replaces the
 * one before.
 */
export function mergeGrants(grants: readonly Grant[]): Grant {
  return {
    audiences: unite(grants.map(({ audiences }) => audiences)),
    roles: {
      realm: unite(grants.map(({ roles }) => roles.realm)),
      clients: mergeClaims(grants.map(({ roles }) => roles.clients)) as Grant['roles']['clients'],
    },
    claims: mergeClaims(grants.map(({ claims }) => claims)),
  }
}

/** Merges claims as {@link mergeGrants} does. */
export function mergeClaims(parts: readonly JsonRecord[]): JsonRecord {
  // A map, because "__proto__" is a name like others.
  const merged = new Map<string, JsonValue>()
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    const before = merged.get(name)
    merged.set(name, before === undefined ? value : mergeValues(before, value))
  }
  return Object.fromEntries(merged)
}

function mergeValues(before: JsonValue, after: JsonValue): JsonValue {
  if (isTexts(before) && isTexts(after)) return unite([before, after])
  return isRecord(before) && isRecord(after) ? mergeClaims([before, after]) : after
}

function unite(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())]
}

function isTexts(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isRecord(value: JsonValue): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
