/** Every realm has this scope, for the guards of its APIs. It is for the server itself, so it belongs to no API. */
export const builtInScope = 'entitlements:read'
