/** Every realm has these scopes, for the guards of its APIs. They are for the server itself, so they belong to no API. */
export const builtInScopes: readonly string[] = ['entitlements:read', 'decisions:write']
