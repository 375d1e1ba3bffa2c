// oidc-provider has no types. Only the parts that oidc-provider-server.ts uses are declared.
declare module 'oidc-provider' {
  import type { JsonWebKey } from 'node:crypto'
  import type { Server } from 'node:http'

  interface ResourceServer {
    scope: string
    audience: string
    accessTokenFormat: 'jwt' | 'opaque'
    accessTokenTTL: number
    jwt: { sign: { alg: string } }
  }

  interface Configuration {
    clients: {
      client_id: string
      client_secret: string
      grant_types: string[]
      redirect_uris: string[]
      response_types: string[]
      token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post'
      id_token_signed_response_alg: string
    }[]
    jwks: { keys: (JsonWebKey & { use: 'sig'; alg: string })[] }
    features: {
      devInteractions: { enabled: boolean }
      clientCredentials: { enabled: boolean }
      resourceIndicators: { enabled: boolean; defaultResource: () => string; getResourceServerInfo: () => ResourceServer }
    }
    routes: { token: string }
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration)
    listen(port: number, host: string, listening: () => void): Server
  }
}
