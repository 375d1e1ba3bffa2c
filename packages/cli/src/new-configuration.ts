// The configuration that "countersign init" writes: complete, commented, and safe as it stands.
export const newConfiguration = `# Countersign. Every setting, with its default where it is commented out. Durations: 30s, 5m, 12h, 90d. Paths are relative
# to this file. Organizations, clients and keys are data: create them with "countersign organization" and "countersign client".

# Where the server listens. Before you open it to others, see "tls" and "behindTlsProxy".
listen: 127.0.0.1:8080

# The address that clients use: issuers, token URLs and error pages start with it.
publicUrl: http://localhost:8080

# Who speaks TLS: this server, with a certificate that is read again when it changes, or a proxy in front of it. Either way
# publicUrl starts with https.
# tls: { certificate: tls/certificate.pem, key: tls/key.pem }
# behindTlsProxy: true

# Metrics, and why the node is not ready: for you, never for the public.
# operationsListen: 127.0.0.1:9464

store: sqlite:.countersign/countersign.db

# Three keys that are never in the store: "file:PATH" or "env:NAME".
secretPepper: file:.countersign/pepper
keyEncryptionKey: file:.countersign/key-encryption-key
auditKey: file:.countersign/audit-key

# Proxies whose X-Forwarded-For is believed, as address ranges. Nobody else's is.
# trustedProxies: [10.0.0.0/8]

# Where PostgreSQL is the store: how long this server goes on with what it knows while it cannot be reached, and where audit
# events wait meanwhile.
# lease: 5m
# auditSpool: .countersign/audit-spool

# clientsInMemory: 15000 # the others are read from the store when they ask
# requestBodyLimit: 2MB
# accessLog: true # a line for every request
# shutdownDelay: 0s # how long a load balancer may take to notice that the server stops
# logLevel: info # debug, info, warn, error or silent

realms:
  # A realm is one population of clients, with its own keys, tokens and rules.
  partners:
    issuer: /realms/partners
    tokenEndpoint: /realms/partners/oauth2/token

    # How tokens look: rfc9068, keycloak (service-account tokens) or cognito (no audience, one hour is usual).
    tokenProfile: rfc9068
    signingAlgorithm: ES256 # or RS256, PS256, EdDSA
    accessTokenLifetime: 5m

    # The API that tokens are for; its guard accepts no others.
    audience: partner-api

    # Scopes that clients of this realm can be given, and those that a new client gets.
    scopes: [orders:read, orders:write]
    defaultScopes: [orders:read]

    # Flags ("flag") and choices that an organization can have, and the requests that its tier allows.
    # capabilities: { allowRefunds: flag, region: [eu, us] }
    # rateLimitTiers: { standard: { requests: 100, per: 1s } }

    # Calls are refused until the organization has accepted this version of the Data Processing Agreement.
    # requiredDpaVersion: "2026-01"

    # How long two secrets of a client are good side by side, at most too, when a secret is due for rotation, and how long the old
    # one must not have been used before the rotation is confirmed.
    # secretRotation: { window: 7d, maxWindow: 30d, remindAfter: 90d, quietPeriod: 5m }

    # In an emergency: no token from before this instant is accepted any more.
    # tokensNotBefore: "2026-01-31T12:00:00Z"

    # For clients that send multipart forms, and for those that expect invalid_grant for a wrong grant type.
    # multipartRequests: true
    # unsupportedGrantError: invalid_grant

    # Per address: requests a second, and a block after failed authentications ("close" gives no answer, "reject" a 429).
    addressProtection:
      requestsPerSecond: 50
      failedAuthentications: { limit: 20, within: 60s, blockFor: 5m, action: reject }
`
