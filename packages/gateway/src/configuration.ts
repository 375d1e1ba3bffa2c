// The configuration file of the gateway: read and checked as a whole, at the start and when routes are loaded again. What would open a route by
// mistake is an error. Every error names its path, the expected and the found value.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  isSigningAlgorithm,
  parseSafeUrl,
  signingAlgorithms,
  tokenProfiles,
  withoutUrls,
  type SigningAlgorithmName,
  type TokenProfileName,
} from '@countersign/protocol'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { describeFaults, type ConfigurationFault } from './configuration-faults.ts'
import { isOnThisMachine, isSamePlace, parseListenAddress, parseNetworkAddress } from './listen-address.ts'
import { maxRoutes, readRoutes, routeSchema } from './route-settings.ts'
import type { Route } from './route-table.ts'
import { findNetworkFault } from './trusted-peers.ts'

/** The configuration is invalid; the message lists every error with its path. */
export class GatewayConfigurationError extends Error {
  override name = 'GatewayConfigurationError'
}

const addressAndPort = 'an address and a port such as "127.0.0.1:9000" or "[::1]:9000"'
const networkListen = z.string().refine((text) => parseNetworkAddress(text) !== undefined, addressAndPort)
const listen = z
  .string()
  .refine((text) => parseListenAddress(text) !== undefined, `${addressAndPort}, or a socket such as "unix:/run/countersign/gateway.sock"`)
const location = z.string().regex(/^(?:file|env):.+$/, '"file:" and a path, or "env:" and the name of a variable')
const headerName = /^[a-z][a-z0-9-]{0,40}$/
const tokenProfileNames = Object.keys(tokenProfiles) as [TokenProfileName, ...TokenProfileName[]]
const algorithmNames = Object.keys(signingAlgorithms).filter(isSigningAlgorithm) as [SigningAlgorithmName, ...SigningAlgorithmName[]]
const name = z.string().min(1, 'a name')
const seconds = z.number().min(0).max(60)

export const gatewaySchema = z.strictObject({
  listen: listen
    .default('127.0.0.1:9000')
    .describe(
      'Address and port, or "unix:PATH" of a socket, for proxies that ask over HTTP. An address other than loopback requires "plainHttp".',
    ),
  grpcListen: listen.optional().describe('Address and port, or "unix:PATH" of a socket, for Envoy, if it asks over gRPC.'),
  healthListen: networkListen
    .default('127.0.0.1:9001')
    .describe('Address and port of /healthz, /readyz, /metrics and /.well-known/jwks.json; never that of "listen".'),
  plainHttp: z
    .boolean()
    .default(false)
    .describe(
      'If true, "listen" and "grpcListen" may be other addresses than loopback: the tokens of callers cross that network in the clear.',
    ),
  trustedProxies: z
    .array(z.string().superRefine(complainAboutNetwork))
    .min(1, 'at least one address range: proxies that may ask')
    .max(100)
    .describe(
      'The proxies that may ask, as addresses or ranges. Everyone else gets 403. At a socket the mode of its file says who may ask.',
    ),
  issuer: z
    .string()
    .refine((url) => parseSafeUrl(url) !== undefined, 'an https URL, or an http URL of this machine, without credentials')
    .describe('The "iss" of the tokens, and the base of discovery.'),
  realm: name.describe('The name of the realm, as challenges tell it.'),
  tokenProfile: z.enum(tokenProfileNames).default('rfc9068').describe('The layout of the tokens of the realm.'),
  audience: z
    .union([name, z.array(name).min(1).max(20)])
    .optional()
    .describe('The name of the API in "aud", or several of which a token must have one. Required but with the profile "cognito".'),
  algorithms: z.array(z.enum(algorithmNames)).min(1).optional().describe('Signing algorithms of tokens that are accepted. Default: all.'),
  publicUrl: z
    .string()
    .refine((url) => parseSafeUrl(url) !== undefined, 'an https URL, or an http URL of this machine')
    .optional()
    .describe('The base of the problem pages. Default: the origin of the issuer.'),
  credentials: z
    .strictObject({
      clientId: name.describe('A client of the realm with the scopes "entitlements:read" and "decisions:write".'),
      clientSecret: location.describe('Its secret: "file:PATH" or "env:NAME". The file is read again for each token request.'),
    })
    .describe('What the gateway authenticates with at the server.'),
  api: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, ".", "_" and "-"')
    .optional()
    .describe('The name of the API in "countersign guard list" and in explanations.'),
  clockSkewSeconds: seconds.default(5).describe('How long a token is accepted after its expiry.'),
  issuedAheadSeconds: seconds.default(60).describe('How far the clock of this machine may be behind that of the server.'),
  headers: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[a-z][a-z0-9-]{1,30}-$/, 'lower-case letters, digits and "-", with "-" at the end, such as "x-auth-"')
        .default('x-auth-')
        .describe('What the names of the headers for the API begin with.'),
      partner: z
        .string()
        .regex(headerName, 'the name of a header in lower case')
        .default('x-partner-id')
        .describe('A header of the caller that, if it is sent, must name the same partner as the path.'),
    })
    .prefault({})
    .describe('Names of headers.'),
  signedHeader: z
    .strictObject({
      key: z
        .string()
        .regex(/^file:.+$/, '"file:" and the path of a private key (PEM, JWK, JWK Set), or of a folder of them')
        .describe(
          '"file:PATH" of a private key in PEM or as a JWK, of a JWK Set, or of a folder of such files. The first key signs, all are published.',
        ),
      audience: name.describe('The "aud" of the signed header: the API that verifies it.'),
      issuer: name.default('countersign-gateway').describe('The "iss" of the signed header.'),
    })
    .optional()
    .describe('Sign who is calling, for an API that verifies that a request came through the gateway.'),
  cors: z.boolean().default(false).describe('If true, preflight requests of browsers (OPTIONS) pass for the routes of the table.'),
  logLevel: z
    .enum(['info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Minimum severity of log lines. "info" has a line for each refusal.'),
  routes: z
    .array(routeSchema)
    .min(1, 'at least one route')
    .max(maxRoutes, `at most ${maxRoutes} routes`)
    .describe('What is let through. Everything else is denied. Of several paths that match, the most exact one decides alone.'),
})

export interface GatewayConfiguration extends Omit<z.output<typeof gatewaySchema>, 'routes'> {
  readonly routes: readonly Route[]
}

function complainAboutNetwork(network: string, context: z.core.$RefinementCtx<string>): void {
  const message = findNetworkFault(network)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
}

/** Reads a YAML file. Paths in it are relative to the file. @throws GatewayConfigurationError */
export function loadGatewayConfiguration(file: string): GatewayConfiguration {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new GatewayConfigurationError(
      `Cannot read the configuration "${file}": ${(cause as Error).message}. "countersign gateway --help" has one to start from.`,
      { cause },
    )
  }
  return parseGatewayConfiguration(text, dirname(resolve(file)), file)
}

/** Checks the text of a configuration file. @throws GatewayConfigurationError */
export function parseGatewayConfiguration(text: string, directory: string, file = 'gateway.yaml'): GatewayConfiguration {
  const found = readYaml(text, file)
  const result = gatewaySchema.safeParse(found)
  if (!result.success) throw new GatewayConfigurationError(describeFaults(file, found, result.error.issues))
  const { data } = result
  const { routes, faults } = readRoutes(data.routes)
  const all = [...findSettingFaults(data), ...faults]
  if (all.length > 0) throw new GatewayConfigurationError(describeFaults(file, found, all))
  const inDirectory = (place: string) => place.replace(/^file:(.+)$/, (_match, path: string) => `file:${resolve(directory, path)}`)
  return {
    ...data,
    credentials: { ...data.credentials, clientSecret: inDirectory(data.credentials.clientSecret) },
    signedHeader: data.signedHeader && { ...data.signedHeader, key: inDirectory(data.signedHeader.key) },
    routes,
  }
}

/** Settings that contradict each other. */
function findSettingFaults(settings: z.output<typeof gatewaySchema>): ConfigurationFault[] {
  const { listen: asked, grpcListen, healthListen, plainHttp, audience, tokenProfile, headers } = settings
  const faults: ConfigurationFault[] = []
  const complain = (path: PropertyKey[], message: string) => void faults.push({ path, message })
  const listeners = Object.entries({ listen: asked, grpcListen, healthListen })
    .flatMap(([setting, text]) => (text === undefined ? [] : [{ setting, address: parseListenAddress(text)! }])) // prettier-ignore
  for (const { setting, address } of listeners) {
    if (setting === 'healthListen' || plainHttp || isOnThisMachine(address)) continue
    complain(
      [setting],
      'a loopback address such as "127.0.0.1:9000", because the tokens of callers would cross the network in the clear; or "plainHttp: true" on a network of the gateway and its proxies',
    )
  }
  listeners.forEach(({ setting, address }, at) => {
    const other = listeners.slice(0, at).find((each) => isSamePlace(each.address, address))
    if (other) complain([setting], `another address and port than those of "${other.setting}"`)
  })
  if (audience === undefined && tokenProfile !== 'cognito') complain(['audience'], 'the name of the API in the "aud" of its tokens')
  if (audience !== undefined && tokenProfile === 'cognito') complain(['audience'], 'no audience: tokens of the profile "cognito" have none')
  if (headers.partner.startsWith(headers.prefix)) complain(['headers', 'partner'], `a name that does not begin with "${headers.prefix}"`)
  return faults
}

function readYaml(text: string, file: string): unknown {
  if (text.includes('\0')) throw new GatewayConfigurationError(`"${file}" is in UTF-16; expected UTF-8`)
  try {
    // A set or a map of other kinds would have no members here, and so require nothing.
    const document = parseDocument(text, { logLevel: 'error', resolveKnownTags: false })
    const fault = document.errors[0] ?? document.warnings[0]
    if (fault) throw fault
    // In 1.1 "public: on" is true, and "<<" adds members of another mapping.
    const { version, explicit } = document.directives?.yaml ?? {}
    if (explicit && version !== '1.2') throw new Error(`expected YAML 1.2, found "%YAML ${version}"`)
    return document.toJS() ?? {}
  } catch (cause) {
    throw new GatewayConfigurationError(`"${file}" is not valid YAML: ${withoutUrls((cause as Error).message)}`)
  }
}

/** With which editors complete and check the file. */
export function gatewayJsonSchema(): object {
  return { title: 'Countersign gateway configuration', ...z.toJSONSchema(gatewaySchema, { io: 'input', unrepresentable: 'any' }) }
}
