// The folder where the command keeps its files: .countersign in the current folder, or COUNTERSIGN_HOME.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandError } from './output.ts'
import { refuseOpenFile } from './secret-file.ts'

export function homeDirectory(): string {
  return resolve(process.env['COUNTERSIGN_HOME'] ?? '.countersign')
}

export function demoStateFile(): string {
  return join(homeDirectory(), 'demo.json')
}

/** The file that `countersign demo` writes. Other programs read it too, so its shape is stable. */
export interface DemoState {
  readonly serverUrl: string
  readonly apiUrl: string
  readonly operator: { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }
  readonly systems: Readonly<Record<string, DemoSystem>>
}

export interface DemoSystem {
  readonly tokenUrl: string
  readonly issuer: string
  readonly apiUrl: string
  /** The client that the sample API uses to read entitlements. */
  readonly guard: DemoCredentials
  readonly clients: Readonly<Record<string, DemoClient>>
  /** Clients with a key in place of a secret, by the name of their organization; a demo of an older version has none. */
  readonly keyedClients?: Readonly<Record<string, DemoKeyedClient>>
  readonly requestors?: Readonly<Record<string, DemoRequestor>>
}

export interface DemoCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

export interface DemoClient extends DemoCredentials {
  readonly organizationId: string
  readonly partnerIds: readonly string[]
}

export interface DemoKeyedClient {
  readonly clientId: string
  /** The private key in PEM. */
  readonly keyFile: string
  readonly keyId: string
}

export interface DemoRequestor {
  readonly id: string
  readonly permitted: boolean
}

/**
 * The state of the demo, `undefined` if it was never started.
 * @throws CommandError for a file that cannot be read or is not a demo state
 */
export function findDemoState(): DemoState | undefined {
  const file = demoStateFile()
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as Partial<DemoState> | null
    if (!state?.serverUrl || !state.operator || !state.systems) throw new Error('"serverUrl", "operator" or "systems" is missing')
    refuseOpenFile(file)
    return state as DemoState
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandError(`"${file}" is not the state of a demo: ${(cause as Error).message}`, {
      reason: 'local',
      next: 'Remove that file and start the demo again; it creates new secrets.',
      cause,
    })
  }
}
