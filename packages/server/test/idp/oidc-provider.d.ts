// oidc-provider has no types. Only the parts that measurements and tests use are declared.
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

  interface Account {
    accountId: string
    claims(): Promise<Record<string, unknown>>
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
      backchannel_logout_uri?: string
      backchannel_logout_session_required?: boolean
    }[]
    jwks: { keys: (JsonWebKey & { use: 'sig'; alg: string; kid?: string })[] }
    features: {
      devInteractions: { enabled: boolean }
      clientCredentials?: { enabled: boolean }
      resourceIndicators?: { enabled: boolean; defaultResource: () => string; getResourceServerInfo: () => ResourceServer }
      backchannelLogout?: { enabled: boolean }
    }
    routes?: { token: string }
    claims?: Record<string, string[]>
    scopes?: string[]
    cookies?: { keys: string[] }
    findAccount?: (context: unknown, subject: string) => Account
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration)
    listen(port: number, host: string, listening: () => void): Server
  }
}
