import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayConfigurationError, gatewaySchema, parseGatewayConfiguration } from './configuration.ts'

const settings = `
trustedProxies: [127.0.0.1]
issuer: https://auth.example.com/realms/nt24-idp
realm: nt24-idp
tokenProfile: keycloak
audience: nt24-integration-api
credentials: { clientId: nt24-gateway, clientSecret: 'file:secrets/gateway' }
`
const routes = `
routes:
  - { path: '/v1/partners/{sellerId}/**', methods: [GET], requires: { partner: sellerId } }
  - { path: /docs/**, methods: [GET], public: true }
`

function parse(text: string) {
  return parseGatewayConfiguration(text, '/etc/countersign', 'gateway.yaml')
}

test('a configuration is completed, and its paths are those beside the file', () => {
  const {
    listen,
    healthListen,
    cors,
    headers,
    credentials,
    signedHeader,
    routes: table,
  } = parse(`${settings}
signedHeader: { key: 'file:keys', audience: orders-api }
${routes}`)
  assert.deepEqual([listen, healthListen, cors], ['127.0.0.1:9000', '127.0.0.1:9001', false])
  assert.deepEqual(headers, { prefix: 'x-auth-', partner: 'x-partner-id' })
  assert.equal(credentials.clientSecret, 'file:/etc/countersign/secrets/gateway')
  assert.deepEqual(signedHeader, { key: 'file:/etc/countersign/keys', audience: 'orders-api', issuer: 'countersign-gateway' })
  assert.deepEqual(
    table.map(({ template, methods, requires }) => [template.text, methods, requires]),
    [
      ['/v1/partners/{sellerId}/**', ['GET'], { partner: { param: 'sellerId' } }],
      ['/docs/**', ['GET'], undefined],
    ],
  )
})

/** With one route that is right before it. */
const route = (text: string) => `${settings}\nroutes:\n  - { path: /v1/orders, methods: [GET], requires: {} }\n  - ${text}\n`

const mistakes: Record<string, readonly [text: string, message: RegExp]> = {
  'no routes': [settings, /routes: expected a list, found nothing/],
  'an empty table': [`${settings}\nroutes: []`, /routes: expected at least one route, found an empty list/],
  'only public routes': [
    `${settings}\nroutes: [{ path: /**, methods: [GET], public: true }]`,
    /routes: expected at least one guarded route/,
  ],
  'a route that says nothing': [
    route('{ path: /a, methods: [GET] }'),
    /routes\.1\.requires: expected what the route requires .*, found nothing/,
  ],
  'a route whose requirement is empty': [
    route('{ path: /a, methods: [GET], requires: }'),
    /routes\.1\.requires: expected a mapping, found null/,
  ],
  'a route that is guarded and public': [
    route('{ path: /a, methods: [GET], requires: {}, public: true }'),
    /routes\.1\.public: expected either "requires" or "public: true", not both/,
  ],
  '"public" that is not true': [route('{ path: /a, methods: [GET], public: false }'), /routes\.1\.public: expected true, found false/],
  '"public" as text': [route('{ path: /a, methods: [GET], public: "true" }'), /routes\.1\.public: expected true, found "true"/],
  'a misspelt member of a route': [route('{ path: /a, methods: [GET], require: {} }'), /routes\.1\.require: expected no such setting/],
  'a misspelt requirement': [
    route('{ path: /a, methods: [GET], requires: { scopes: a } }'),
    /routes\.1\.requires\.scopes: expected no such setting/,
  ],
  'a parameter that the path does not have': [
    route("{ path: '/a/{id}', methods: [GET], requires: { partner: sellerId } }"),
    /routes\.1\.requires: expected .*"partner" refers to the parameter "sellerId"; the route has id/,
  ],
  'an empty list of scopes': [
    route('{ path: /a, methods: [GET], requires: { scope: [] } }'),
    /"scope" is neither one scope token nor a list/,
  ],
  'an unknown value': [
    route('{ path: /a, methods: [GET], requires: { dpa: none } }'),
    /routes\.1\.requires\.dpa: expected "accepted" or "any", found "none"/,
  ],
  'no methods': [route('{ path: /a, requires: {} }'), /routes\.1\.methods: expected a list, found nothing/],
  'an empty list of methods': [route('{ path: /a, methods: [], requires: {} }'), /routes\.1\.methods: expected at least one method/],
  'a method in small letters': [route('{ path: /a, methods: [get], requires: {} }'), /routes\.1\.methods\.0: expected "GET" or/],
  'a method for all': [route("{ path: /a, methods: ['*'], requires: {} }"), /routes\.1\.methods\.0: expected "GET" or/],
  OPTIONS: [route('{ path: /a, methods: [OPTIONS], requires: {} }'), /routes\.1\.methods\.0: expected "GET" or/],
  'a method twice': [route('{ path: /a, methods: [GET, GET], requires: {} }'), /routes\.1\.methods: expected each method once/],
  'a path of Express': [route("{ path: '/a/:id', methods: [GET], requires: {} }"), /routes\.1\.path: expected "\{id\}" in place of ":id"/],
  'the same route twice': [
    route('{ path: /v1/orders, methods: [GET], requires: {} }'),
    /routes\.1\.path: expected another path or other methods/,
  ],
  'a public route twice guarded': [
    route('{ path: /v1/orders, methods: [GET], public: true }'),
    /routes\.1\.path: expected another path or other methods/,
  ],
  'a public route around a guarded one': [
    route('{ path: /v1/**, methods: [GET], public: true }'),
    /routes\.1\.path: expected a public route that contains no guarded one/,
  ],
  'a public route around another method of a guarded one': [
    route('{ path: /v1/**, methods: [POST], public: true }'),
    /routes\.1\.path: expected a public route/,
  ],
  'a public route that crosses a guarded one': [
    `${settings}\nroutes: [{ path: '/{a}/b', methods: [GET], requires: {} }, { path: '/a/{b}', methods: [GET], public: true }]`,
    /routes\.1\.path: expected a path that is either apart/,
  ],
  'an unknown setting': [`${settings}${routes}\ntrustedProxy: 10.0.0.1`, /trustedProxy: expected no such setting/],
  'a setting twice': [`${settings}${routes}\nrealm: other`, /is not valid YAML: Map keys must be unique/],
  'no proxies': [`${settings.replace('[127.0.0.1]', '[]')}${routes}`, /trustedProxies: expected at least one address range/],
  'all proxies': [`${settings.replace('127.0.0.1', '0.0.0.0/0')}${routes}`, /trustedProxies\.0: expected a range of at least \/8/],
  'all proxies of IPv4, by their addresses in IPv6': [
    `${settings.replace('[127.0.0.1]', "['::ffff:0:0/96']")}${routes}`,
    /trustedProxies\.0: expected a range of at least \/104 of IPv4/,
  ],
  'proxies that are left out': [`${settings.replace(/trusted.*/, '')}${routes}`, /trustedProxies: expected a list, found nothing/],
  'an issuer in the clear': [`${settings.replace('https:', 'http:')}${routes}`, /issuer: expected an https URL/],
  'no audience': [`${settings.replace(/audience.*/, '')}${routes}`, /audience: expected the name of the API/],
  'an audience that no token has': [`${settings.replace('keycloak', 'cognito')}${routes}`, /audience: expected no audience/],
  'a listener for others in the clear': [
    `${settings}${routes}\nlisten: 0.0.0.0:9000`,
    /listen: expected a loopback address .*"plainHttp: true"/,
  ],
  'a gRPC listener for others in the clear': [`${settings}${routes}\ngrpcListen: '[::]:9002'`, /grpcListen: expected a loopback address/],
  'health on the listener of proxies': [
    `${settings}${routes}\nhealthListen: 127.0.0.1:9000`,
    /healthListen: expected another address and port than those of "listen"/,
  ],
  'a port that is none': [`${settings}${routes}\nlisten: 127.0.0.1:99999`, /listen: expected an address and a port/],
  'a socket without its whole path': [
    `${settings}${routes}\nlisten: unix:gateway.sock`,
    /listen: expected .* or a socket such as "unix:\/run/,
  ],
  'a socket with another spelling of its path': [
    `${settings}${routes}\nlisten: unix:/run/../run/gateway.sock`,
    /listen: expected .* socket/,
  ],
  'a socket whose path is too long': [`${settings}${routes}\ngrpcListen: unix:/run/${'x'.repeat(100)}`, /grpcListen: expected .* socket/],
  'a socket for health': [
    `${settings}${routes}\nhealthListen: unix:/run/health.sock`,
    /healthListen: expected an address and a port such as [^,]*, found/,
  ],
  'two listeners at one socket': [
    `${settings}${routes}\nlisten: unix:/run/gateway.sock\ngrpcListen: unix:/run/gateway.sock`,
    /grpcListen: expected another address/,
  ],
  'a secret in the file': [
    `${settings.replace('file:secrets/gateway', 'my-secret')}${routes}`,
    /credentials\.clientSecret: expected "file:" and a path/,
  ],
  'a prefix that callers share': [`${settings}${routes}\nheaders: { prefix: '' }`, /headers\.prefix: expected lower-case letters/],
  'a prefix with an underscore': [`${settings}${routes}\nheaders: { prefix: x_auth_ }`, /headers\.prefix: expected lower-case letters/],
  'a partner header that is ours': [
    `${settings}${routes}\nheaders: { partner: x-auth-partner-id }`,
    /headers\.partner: expected a name that does not begin with/,
  ],
  'a signed header without an audience': [
    `${settings}${routes}\nsignedHeader: { key: 'file:key.pem' }`,
    /signedHeader\.audience: expected text/,
  ],
  'a clock skew that is a text': [`${settings}${routes}\nclockSkewSeconds: '5'`, /clockSkewSeconds: expected a number, found "5"/],
  'a clock skew of an hour': [`${settings}${routes}\nclockSkewSeconds: 3600`, /clockSkewSeconds: expected at most 60/],
  'a list in place of settings': ['[]', /\(the whole file\): expected a mapping/],
  'nothing at all': ['', /trustedProxies: expected a list, found nothing/],
  'a requirement that is a set': [
    route('{ path: /a, methods: [GET], requires: !!set { scope } }'),
    /is not valid YAML: Unresolved tag: tag:yaml\.org,2002:set/,
  ],
  'a requirement that is an ordered map': [
    route('{ path: /a, methods: [GET], requires: !!omap [scope: a] }'),
    /is not valid YAML: Unresolved tag: tag:yaml\.org,2002:omap/,
  ],
  'YAML 1.1': [`%YAML 1.1\n---\n${settings}${routes}`, /is not valid YAML: expected YAML 1\.2, found "%YAML 1\.1"/],
  'members that another route adds': [
    route('&open { path: /a, methods: [GET], public: true }\n  - { <<: *open, path: /b, methods: [GET] }'),
    /routes\.2\.<<: expected no such setting/,
  ],
  'the name of a prototype in a requirement': [
    route('{ path: /a, methods: [GET], requires: { __proto__: { scope: a } } }'),
    /routes\.1\.requires\.__proto__: expected no such setting/,
  ],
  'broken YAML': ['routes: [', /is not valid YAML/],
  'UTF-16': ['r\0o\0', /is in UTF-16; expected UTF-8/],
}
for (const [what, [text, message]] of Object.entries(mistakes)) {
  test(`abuse 264: a configuration with ${what} is refused at the start`, () => {
    assert.throws(() => parse(text), (error) => error instanceof GatewayConfigurationError && message.test(error.message)) // prettier-ignore
  })
}

test('an error of YAML, which quotes a line, keeps no password of a URL', () => {
  assert.throws(
    () => parse(`${settings}${routes}\npublicUrl: https://ops:hunter2@auth.example.com: x`),
    ({ message }: Error) => {
      assert.match(message, /is not valid YAML: Nested mappings/)
      return !message.includes('hunter2')
    },
  )
})

test('every mistake of a file is named at once', () => {
  assert.throws(() => parse(`${settings.replace('127.0.0.1', '::/0')}${routes}\ncors: 1\nlisten: x`), {
    message: `"gateway.yaml" is not a usable configuration:
  listen: expected an address and a port such as "127.0.0.1:9000" or "[::1]:9000", or a socket such as "unix:/run/countersign/gateway.sock", found "x"
  trustedProxies.0: expected a range of at least /7: the addresses of the proxies, and no others, found "::/0"
  cors: expected true or false, found 1`,
  })
})

test('more than 2,000 routes are refused before any two are compared', () => {
  const many = Array.from({ length: 2001 }, (_, at) => ({ path: `/v1/p${at}/**`, methods: ['GET'], requires: {} }))
  assert.match(gatewaySchema.shape.routes.safeParse(many).error?.issues[0]?.message ?? '', /at most 2000 routes/)
  assert.equal(gatewaySchema.shape.routes.safeParse(many.slice(1)).success, true)
})
