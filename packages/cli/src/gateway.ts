// countersign gateway: one gateway from one configuration file.
import { Command } from 'commander'
import type { GatewayConfiguration, Route } from '@countersign/gateway'
import { formatTable, printNote, printResult } from './output.ts'
import { refuseInspector } from './refuse-inspector.ts'
import { catchReloadSignal, outliveOutput, stopOnDefect, stopOnSignal } from './serve.ts'

interface GatewayOptions {
  readonly config: string
  readonly check?: boolean
  readonly json?: boolean
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('Guard an API in any language behind nginx, Caddy, HAProxy, Apache, Envoy or Traefik: answer whether a request may pass')
    .requiredOption('--config <file>', 'configuration file; an example is below')
    .option('--check', 'check the file, print the table of routes as it will be enforced, and stop')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(runGateway)
}

const help = `
A minimal gateway.yaml, for the client that "countersign client create --scope 'entitlements:read decisions:write'" made:

  listen: 127.0.0.1:9000           # proxies ask here: /forward-auth, /ext-authz
  healthListen: 127.0.0.1:9001     # /healthz, /readyz, /metrics, /.well-known/jwks.json
  trustedProxies: [127.0.0.1]      # who may ask; everyone else gets 403
  issuer: https://auth.example.com/realms/nt24-idp
  realm: nt24-idp
  tokenProfile: keycloak
  audience: nt24-integration-api
  credentials: { clientId: orders-gateway, clientSecret: "file:gateway.secret" }
  routes:                          # what is not here is denied
    - { path: "/v1/partners/{sellerId}/**", methods: [GET], requires: { partner: sellerId } }
    - { path: /health, methods: [GET], public: true }

"{name}" is one segment, "/**" at the end everything below. Of several paths that match, the most exact one decides alone. HEAD passes
where GET does. SIGHUP loads the routes and the keys again; if the file is invalid, those from before stay. SIGTERM ends pending requests first.

Examples:
  countersign gateway --config gateway.yaml --check
  countersign gateway --config gateway.yaml`

async function runGateway({ config, check, json }: GatewayOptions): Promise<void> {
  const onReload = catchReloadSignal()
  const { createGateway, loadGatewayConfiguration } = await import('@countersign/gateway')
  const configuration = loadGatewayConfiguration(config)
  refuseInspector(configuration.issuer)
  // Standard output is reserved for the output of the command.
  const writeLog = (line: string) => void process.stderr.write(line)
  const gateway = createGateway({ configuration, readAgain: () => loadGatewayConfiguration(config), writeLog })
  if (check === true) {
    await printTable(configuration, json)
    return gateway.stop()
  }
  outliveOutput()
  stopOnDefect(
    (error) =>
      writeLog(`${JSON.stringify({ level: 'fatal', msg: 'unexpected error (a defect): stopping the gateway', error: String(error) })}\n`),
    () => gateway.stop(),
  )
  stopOnSignal(() => gateway.stop())
  try {
    await gateway.listen()
  } catch (error) {
    // One of its listeners would keep a process that decides nothing.
    await gateway.stop()
    throw error
  }
  onReload(() => void gateway.reload())
  const { http, health, grpc } = gateway.addresses
  const lines = [
    `Guarding ${configuration.routes.length} routes of ${configuration.issuer} on ${http}${grpc ? ` and, over gRPC, ${grpc}` : ''}`,
    `  health and metrics: http://${health}/readyz`,
  ]
  if (json)
    console.log(
      JSON.stringify({ listen: http, ...(grpc && { grpcListen: grpc }), healthListen: health, routes: configuration.routes.length }),
    )
  else console.log(lines.join('\n'))
}

async function printTable({ routes, cors }: GatewayConfiguration, json: boolean | undefined): Promise<void> {
  const { findHiddenMethods } = await import('@countersign/gateway')
  const rows = routes.map(toRow)
  const notes = findHiddenMethods(routes)
  printResult(
    json,
    { routes: rows, notes },
    () =>
    formatTable(['METHODS', 'PATH', 'REQUIRES'], rows.map(({ methods, path, requires }) => [methods.join(' '), path, describeRequirement(requires)])), // prettier-ignore
  )
  if (json) return
  for (const note of notes) printNote(`Note: ${note}: the more exact path decides alone.`)
  printNote(`Everything else is denied.${cors ? ' Preflight requests (OPTIONS) pass for the routes above.' : ''}`)
}

function toRow({ template, methods, requires }: Route) {
  const withHead = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return { methods: withHead, path: template.text, requires: requires ?? null }
}

function describeRequirement(requires: Route['requires'] | null): string {
  if (!requires) return 'nothing: public'
  const { scope = [], partner, capability, requestor, dpa, organization, reportOnly } = requires
  const permission = typeof requestor === 'object' ? ` with ${requestor.permission}` : ''
  return [
    'a valid token',
    ...[scope].flat().map((token) => `scope ${token}`),
    ...(partner ? [`partner {${partner.param}}`] : []),
    ...(capability === undefined ? [] : [`capability ${capability}`]),
    ...(requestor ? [`a requestor${permission}`] : []),
    ...(dpa === 'any' ? ['whatever agreement'] : []),
    ...(organization === 'any' ? ['also of a suspended organization'] : []),
    ...(reportOnly ? [`only reported until ${reportOnly.until}`] : []),
  ].join(', ')
}
