/** Every realm has these scopes, for its APIs and their guards. They are for the server itself, so they belong to no API. */
export const builtInScopes: readonly string[] = ['entitlements:read', 'decisions:write', 'access:evaluate']
