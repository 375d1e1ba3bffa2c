// The configuration file: read, checked and completed once, at the start. Every error names its path, the expected and the actual
// value. Organizations, clients and keys are data and never in it.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isIP } from 'node:net'
import { describeFound, withoutUrls } from '@countersign/protocol'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { consoleSchema, findConsoleFaults, type ConsoleSettings } from './console-settings.ts'
import { findPathFaults } from './find-path-faults.ts'
import { findListeningFaults } from './listening.ts'
import { originUrl } from './origin-url.ts'
import { findPortalFaults, portalSchema } from './portal-settings.ts'
import { auditSchema, findRetentionFault } from './retention-settings.ts'
import { OpenFileError, refuseOpenFile } from '@countersign/guard/private-file'
import { adminAudience, operatorsRealmName } from '../realms/operators-realm.ts'
import { completeSigningKeys, findRotationFault, realmSchema, signingKeysSchema } from '../realms/realm-settings.ts'
import { completeRealm, type Realm } from '../realms/realm.ts'
import { duration, size } from '../units.ts'
import { hasPassword } from '../url-password.ts'

/** The configuration is invalid; the message lists every error with its path. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

const listen = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/, 'an address and a port such as "127.0.0.1:8080" or "[::1]:8080"')
const publicUrl = originUrl('https://auth.example.com')
const storeUrl = z
  .string()
  .regex(
    /^(?:sqlite:|env:|file:|postgres(?:ql)?:\/\/).+/,
    '"sqlite:" and a file, such as "sqlite:.countersign/countersign.db", "postgres://user@host/database", or "env:" and the name of a variable or "file:" and the path of a file that holds one of these',
  )
const network = z.string().refine(isNetwork, 'an address range such as "10.0.0.0/8" or "fd00::/8"')
const keyLocation = z
  .string()
  .regex(
    /^(?:(?:file|env):.+|exec:(?:\/|[A-Za-z]:\\)[^ ]+(?: .*)?)$/,
    '"file:" and a path, "env:" and the name of a variable, or "exec:" and the absolute path of a program that prints the key, with its arguments',
  )
const file = z.string().min(1, 'a file')
/** Other APIs would get tokens of operators that are good for the admin API. */
const expectedOtherAudience = `another name than "${adminAudience}", which is the audience of operators`
const expectedRealmName = `a realm name of lower-case letters, digits and "-" ("${operatorsRealmName}" is taken)`
const realmName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, expectedRealmName)
  .refine((name) => name !== operatorsRealmName, expectedRealmName)
  .meta({ not: { const: operatorsRealmName } })

export const configurationSchema = z
  .strictObject({
    listen: listen
      .default('127.0.0.1:8080')
      .describe('Address and port to listen on. An address other than loopback requires "tls" or "behindTlsProxy".'),
    publicUrl: publicUrl
      .default('http://localhost:8080')
      .describe('URL that clients use; problem pages, the admin API and all issuers that are no full URL start with it.'),
    tls: z
      .strictObject({
        certificate: file.describe('Certificate file, with intermediate certificates, in PEM; relative to this file.'),
        key: file.describe('Private key file, in PEM, without a passphrase; relative to this file.'),
      })
      .optional()
      .describe('TLS certificate and key to serve https with. The files are reloaded when they change.'),
    behindTlsProxy: z
      .boolean()
      .default(false)
      .describe('If true, the server may serve plain http, because clients reach it only through a proxy that terminates TLS.'),
    operationsListen: listen
      .nullable()
      .default(null)
      .describe(
        'Address and port of the operations listener, such as "127.0.0.1:9464". It serves /metrics, /livez and /readyz with reasons, and the reference of the admin API; never open it to the public.',
      ),
    reusePort: z
      .boolean()
      .default(false)
      .describe(
        'If true, several servers on this machine may listen on the same port, and the system distributes connections (Linux). They need PostgreSQL, and each its own "auditSpool" and "operationsListen".',
      ),
    store: storeUrl
      .default('sqlite:.countersign/countersign.db')
      .describe(
        'Database: a SQLite file, relative to this file, or a PostgreSQL URL; or "env:NAME" or "file:PATH" for a variable or a file that contains one. A changed password is read again from a file.',
      ),
    secretPepper: keyLocation
      .default('file:.countersign/pepper')
      .describe(
        'Key of the digests of client secrets: "file:PATH", "env:NAME" or "exec:PROGRAM ARG…". SIGHUP reads a file or program again.',
      ),
    keyEncryptionKey: keyLocation
      .default('file:.countersign/key-encryption-key')
      .describe(
        'Key that encrypts the signing keys in the store: "file:PATH", "env:NAME" or "exec:PROGRAM ARG…". SIGHUP reads a file or program again.',
      ),
    auditKey: keyLocation
      .optional()
      .describe(
        'Key that protects the audit log: "file:PATH", "env:NAME" or "exec:PROGRAM ARG…". Without it the pepper protects the log and cannot be retired.',
      ),
    trustedProxies: z
      .array(network)
      .max(100)
      .default([])
      .describe('Proxies whose X-Forwarded-For header is trusted, as address ranges. It is ignored from all other addresses.'),
    outboundRequests: z
      .strictObject({
        privateAddresses: z
          .array(network)
          .max(100)
          .default([])
          .describe(
            'Address ranges, such as "10.0.0.0/8", that the server may fetch keys of clients from, and ask identity providers of organizations at, besides public addresses.',
          ),
      })
      .prefault({})
      .describe(
        'Requests of the server for what clients publish ("jwks_uri"), and to identity providers of organizations; by https, or by http to a loopback address that is listed.',
      ),
    requestBodyLimit: size({ atLeast: 4096, atMost: 16 * 1024 * 1024 })
      .default(2 * 1024 * 1024)
      .describe('Maximum size of a request body, such as "2MB" (the default).'),
    shutdownDelay: duration({ atLeast: 0, atMost: 20 })
      .default(0)
      .describe(
        'Time for which the server reports "not ready" before it stops accepting requests, such as "5s", so that a load balancer can react.',
      ),
    apiReference: z
      .boolean()
      .default(false)
      .describe(
        'If true, the reference of the admin API is public: /admin/v1/reference and /admin/v1/openapi.json. The operations listener always serves it.',
      ),
    console: consoleSchema
      .optional()
      .describe(
        'The console for operators, as pages in a browser, at /console. Without this setting there is none; "console: {}" is enough on a loopback address.',
      ),
    portal: portalSchema
      .prefault({})
      .describe('The portal for the companies that call the API, as pages in a browser, at /portal. Off by default.'),
    accessLog: z.boolean().default(true).describe('If true, every request is logged at the level "info".'),
    organizationsInMetrics: z
      .int()
      .min(0)
      .max(1000)
      .default(20)
      .describe('Number of organizations with token metrics of their own, by slug; the others count together. 0 for none.'),
    clientsInMemory: z
      .int()
      .min(100)
      .max(10_000_000)
      .default(10_000)
      .describe('Number of clients in the cache; other clients are read from the store on request.'),
    lease: duration({ atLeast: 5, atMost: 3600 })
      .default(300)
      .describe('Time for which a server keeps serving from its cache while PostgreSQL cannot be reached (5m by default).'),
    auditSpool: z
      .string()
      .min(1)
      .default('.countersign/audit-spool')
      .describe('Folder for audit events while PostgreSQL cannot be reached, and for the anchor of the last seal; relative to this file.'),
    audit: auditSchema.describe('Retention of the audit log. By default nothing is removed from it.'),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Minimum severity of log lines.'),
    signingKeys: signingKeysSchema.prefault({}).describe('Rotation of signing keys in all realms that do not set it themselves.'),
    realms: z
      .record(realmName, realmSchema)
      .describe('Realms by name. A realm is a population of clients with its own issuer, keys and rules.'),
  })
  .superRefine(({ realms, ...settings }, context) => {
    for (const { setting, expected } of findListeningFaults(settings)) {
      context.addIssue({ code: 'custom', path: [setting], message: expected })
    }
    for (const { setting, expected } of findConsoleFaults(settings, realms))
      context.addIssue({ code: 'custom', path: [...setting], message: expected })
    for (const { setting, expected } of findPortalFaults(settings))
      context.addIssue({ code: 'custom', path: [...setting], message: expected })
    for (const { setting, expected } of findPathFaults(realms)) context.addIssue({ code: 'custom', path: [...setting], message: expected })
    const retention = findRetentionFault(settings.audit)
    if (retention !== undefined) context.addIssue({ code: 'custom', path: ['audit', 'archive'], message: retention })
    const common = findRotationFault(completeSigningKeys(settings.signingKeys))
    if (common !== undefined) context.addIssue({ code: 'custom', path: ['signingKeys', 'rotateEvery'], message: common })
    for (const [name, { audience, apis, signingKeys }] of Object.entries(realms)) {
      const fault = common === undefined && findRotationFault(completeSigningKeys(signingKeys, settings.signingKeys))
      if (fault) context.addIssue({ code: 'custom', path: ['realms', name, 'signingKeys', 'rotateEvery'], message: fault })
      const setting = audience === adminAudience ? 'audience' : 'apis'
      if (setting === 'audience' || Object.hasOwn(apis, adminAudience))
        context.addIssue({ code: 'custom', path: ['realms', name, setting], message: expectedOtherAudience })
    }
  })

export interface Configuration extends Omit<z.output<typeof configurationSchema>, 'realms'> {
  readonly realms: ReadonlyMap<string, Realm>
  /** Reads "store" again in the file that the configuration was loaded from. @throws ConfigurationError */
  readonly readStore?: () => string
}

/** Reads a YAML file. Paths in it are relative to the file. @throws ConfigurationError */
export function loadConfiguration(file: string): Configuration {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot read the configuration "${file}": ${(cause as Error).message}. Create one with "countersign init".`,
      { cause },
    )
  }
  const configuration = parseConfiguration(text, dirname(resolve(file)), file)
  for (const location of [configuration.store, configuration.audit.retentionStore ?? ''])
    if (hasPassword(location)) refuseOpenConfiguration(file)
  return { ...configuration, readStore: () => readStoreAgain(file) }
}

/** The rest of the file may have changed, too: it is for the next start. */
function readStoreAgain(file: string): string {
  const result = configurationSchema.shape.store.safeParse((readYaml(readFileSync(file, 'utf8'), file) as { store?: unknown }).store)
  if (!result.success) throw new ConfigurationError(`"${file}" has no usable "store"`)
  if (hasPassword(result.data)) refuseOpenConfiguration(file)
  return inDirectory(dirname(resolve(file)), result.data)
}

function refuseOpenConfiguration(file: string): void {
  try {
    refuseOpenFile(file)
  } catch (cause) {
    if (!(cause instanceof OpenFileError)) throw cause
    throw new ConfigurationError(`store: expected no password in a file that is open to all, but ${cause.message}`, { cause })
  }
}

/** Checks the text of a configuration file. Relative paths in it are relative to `directory`. @throws ConfigurationError */
export function parseConfiguration(text: string, directory: string, name = 'countersign.yaml'): Configuration {
  const found = readYaml(text, name)
  const result = configurationSchema.safeParse(found)
  if (!result.success) throw new ConfigurationError(describeFaults(name, found, result.error.issues))
  const { realms, ...rest } = result.data
  return {
    ...rest,
    tls: rest.tls && { certificate: resolve(directory, rest.tls.certificate), key: resolve(directory, rest.tls.key) },
    store: inDirectory(directory, rest.store),
    secretPepper: inDirectory(directory, rest.secretPepper),
    keyEncryptionKey: inDirectory(directory, rest.keyEncryptionKey),
    auditKey: rest.auditKey === undefined ? undefined : inDirectory(directory, rest.auditKey),
    auditSpool: resolve(directory, rest.auditSpool),
    console: rest.console && withSecretIn(directory, rest.console),
    audit: {
      ...rest.audit,
      archive: inFolder(directory, rest.audit.archive),
      retentionStore: rest.audit.retentionStore === undefined ? undefined : inDirectory(directory, rest.audit.retentionStore),
    },
    realms: new Map(
      Object.entries(realms).map(([name, settings]) => [name, completeRealm(name, settings, rest.publicUrl, rest.signingKeys)]),
    ),
  }
}

function withSecretIn(directory: string, settings: ConsoleSettings): ConsoleSettings {
  const { oidc } = settings.signIn
  if (!oidc) return settings
  return { ...settings, signIn: { ...settings.signIn, oidc: { ...oidc, clientSecret: inDirectory(directory, oidc.clientSecret) } } }
}

function inFolder(directory: string, archive: string | undefined): string | undefined {
  return archive === undefined || archive === 'none' ? archive : resolve(directory, archive)
}

/** A relative path in a location, resolved. */
function inDirectory(directory: string, location: string): string {
  return location.replace(
    /^(sqlite|file):(?!:memory:$)(.+)$/,
    (_match, kind: string, path: string) => `${kind}:${resolve(directory, path)}`,
  )
}

function readYaml(text: string, name: string): unknown {
  if (text.includes('\0')) throw new ConfigurationError(`"${name}" is in UTF-16; expected UTF-8`)
  try {
    // A set or a map of other kinds would have no members here: what is in it would be the default.
    const document = parseDocument(text, { logLevel: 'error', resolveKnownTags: false })
    const fault = document.errors[0] ?? document.warnings[0]
    if (fault) throw fault
    const { version, explicit } = document.directives?.yaml ?? {}
    if (explicit && version !== '1.2') throw new Error(`expected YAML 1.2, found "%YAML ${version}"`)
    return document.toJS() ?? {}
  } catch (cause) {
    throw new ConfigurationError(`"${name}" is not valid YAML: ${withoutUrls((cause as Error).message)}`)
  }
}

function describeFaults(name: string, found: unknown, issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = issue.path[0] === 'realms' ? realmSchema.shape : configurationSchema.shape
      const names = issue.path.length === 0 || issue.path.length === 2 ? `, but one of ${Object.keys(known).join(', ')}` : ''
      return issue.keys.map((key) => `  ${[...issue.path, key].join('.')}: expected no such setting${names}`)
    }
    const value = issue.path.reduce<unknown>((parent, key) => (parent as Record<PropertyKey, unknown> | undefined)?.[key], found)
    return [`  ${issue.path.join('.') || '(the whole file)'}: expected ${describeExpected(issue)}, found ${describeFound(value)}`]
  })
  return `"${name}" is not a usable configuration:\n${lines.join('\n')}`
}

/** Names of value types as YAML users know them. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'text (put a number in quotes)',
  record: 'a mapping',
  object: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
}

function describeExpected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input') ? (typeNames[issue.expected] ?? `a value of type ${issue.expected}`) : issue.message
    case 'invalid_value':
      return `one of ${issue.values.map((value) => `"${String(value)}"`).join(', ')}`
    case 'too_small':
      return `at least ${issue.minimum}`
    case 'too_big':
      return `at most ${issue.maximum}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'another name'
    default:
      return issue.message
  }
}

function isNetwork(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  const family = isIP(address)
  if (family === 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
