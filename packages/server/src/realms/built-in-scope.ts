/** Every realm has these scopes, for its APIs and their guards. They are for the server itself, so they belong to no API. */
export const builtInScopes: readonly string[] = ['entitlements:read', 'decisions:write', 'access:evaluate']

/** What the client of a guard needs: to hear of changes, and to report decisions. */
export const guardScopes: readonly string[] = ['entitlements:read', 'decisions:write']
