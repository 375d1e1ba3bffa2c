// The configuration that "countersign init" writes: complete, commented, and safe as it stands.
export const newConfiguration = `# Countersign. Every setting, with its default where it is commented out. Durations: 30s, 5m, 12h, 90d. Paths are relative
# to this file. Organizations, clients and keys are data: create them with "countersign organization" and "countersign client".

# Where the server listens. Before you open it to others, see "tls" and "behindTlsProxy".
listen: 127.0.0.1:8080

# The address that clients use: issuers, token URLs and error pages start with it.
publicUrl: http://localhost:8080

# TLS: terminated by this server, with a certificate that is reloaded when it changes, or by a proxy in front of it. In both
# cases publicUrl starts with https.
# tls: { certificate: tls/certificate.pem, key: tls/key.pem }
# behindTlsProxy: true

# Metrics, readiness with reasons, and the reference of the admin API: internal, never open it to the public.
# operationsListen: 127.0.0.1:9464

# Several servers of this machine on one port (Linux, PostgreSQL).
# reusePort: true

# A SQLite file or a PostgreSQL URL; or "env:NAME" or "file:PATH" for a variable or a file that contains one.
store: sqlite:.countersign/countersign.db

# Three keys that are never in the store: "file:PATH" or "env:NAME".
secretPepper: file:.countersign/pepper
keyEncryptionKey: file:.countersign/key-encryption-key
auditKey: file:.countersign/audit-key

# Proxies whose X-Forwarded-For header is trusted, as address ranges. It is ignored from all other addresses.
# trustedProxies: [10.0.0.0/8]

# With PostgreSQL: how long this server keeps serving from its cache while the database cannot be reached, and the folder for
# audit events of that time.
# lease: 5m
# auditSpool: .countersign/audit-spool

# For how long the audit log keeps issued tokens, refusals and changes, and where events are archived before they are removed ("none" to
# remove them without). Nothing is removed by default.
# audit: { keep: { tokens: 90d, refusals: 400d, changes: forever }, archive: .countersign/archives }

# Address ranges from which the keys of clients may be fetched (jwks-uri), besides public addresses.
# outboundRequests: { privateAddresses: [10.0.0.0/8] }

# Pages for operators in a browser, below /console. On a loopback address this is enough; elsewhere it needs an address of its own
# (docs/console.md).
# console: { publicUrl: https://console.internal.example }

# Pages for integrators, below /portal (docs/portal.md).
# portal: { enabled: true, publicUrl: https://partners.example.com }

# organizationsInMetrics: 20 # the largest ones have token metrics of their own, by slug; 0 for none
# clientsInMemory: 10000 # size of the cache; other clients are read from the store on request
# requestBodyLimit: 2MB
# apiReference: false # also serves the reference of the admin API where clients are served: /admin/v1/reference
# accessLog: true # logs a line for every request
# shutdownDelay: 0s # time between "not ready" and the stop, for a load balancer to notice
# logLevel: info # debug, info, warn, error or silent

realms:
  # A realm is one population of clients, with its own keys, tokens and rules.
  partners:
    issuer: /realms/partners
    tokenEndpoint: /realms/partners/oauth2/token

    # Format of the tokens: rfc9068, keycloak (service-account tokens) or cognito (no audience, one hour is usual).
    tokenProfile: rfc9068
    signingAlgorithm: ES256 # or RS256 (all that adapters of Keycloak and Cognito know), PS256, EdDSA
    # signingAlgorithms: [RS256] # further ones, which single clients can have
    accessTokenLifetime: 5m

    # Audience of the tokens: the API that accepts them.
    audience: partner-api

    # Scopes that can be granted to clients of this realm, and those that a new client gets by default.
    scopes: [orders:read, orders:write]
    defaultScopes: [orders:read]

    # Further APIs by audience, each with its scopes; a token is for one API. Claims that the tokens do not have.
    # apis: { stock-api: { scopes: [stock:read] } }
    # omitClaims: [organization_id]

    # Methods of authentication that the realm accepts; this one alone demands keys in place of secrets.
    # clientAuthentication: [private_key_jwt]

    # Capabilities that an organization can have, as flags ("flag") or choices, and the rate limits of its tiers.
    # capabilities: { allowRefunds: flag, region: [eu, us] }
    # rateLimitTiers: { standard: { requests: 100, per: 1s } }

    # Calls are rejected until the organization has accepted this version of the Data Processing Agreement.
    # requiredDpaVersion: "2026-01"

    # Secret rotation: how long both secrets are valid (default and maximum), the age at which a secret is due for rotation, and
    # how long the old secret must have been unused before the rotation can be confirmed: by default, and at least, one minute more
    # than accessTokenLifetime.
    # secretRotation: { window: 7d, maxWindow: 30d, remindAfter: 90d, quietPeriod: 6m }

    # The keys that sign: the age at which the server replaces one ("none" leaves it to you), and for how long the next one is published
    # before it signs.
    # signingKeys: { rotateEvery: 90d, publishBefore: 24h }

    # For emergencies: tokens issued before this instant, which must have passed, are rejected.
    # tokensNotBefore: "2026-01-31T12:00:00Z"

    # Ways of Keycloak: keycloak, none or single ones. Further paths at which the realm is.
    # compatibility: keycloak
    # aliases: [/auth/realms/partners]

    # Compatibility: accept multipart forms, and answer invalid_grant to an unsupported grant type.
    # multipartRequests: true
    # unsupportedGrantError: invalid_grant

    # Limits per client address: requests per second, and a block of a client at an address after failed authentications ("reject"
    # answers with 429, "close" closes the connection without a response).
    addressProtection:
      requestsPerSecond: 50
      failedAuthentications: { limit: 20, within: 60s, blockFor: 5m, action: reject }
`
