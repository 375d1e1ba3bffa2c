// Where the command keeps and finds things: .countersign in the current folder, or COUNTERSIGN_HOME.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export function homeDirectory(): string {
  return resolve(process.env['COUNTERSIGN_HOME'] ?? '.countersign')
}

export function demoStateFile(): string {
  return join(homeDirectory(), 'demo.json')
}

/** What `countersign demo` wrote; other programs read it too. The example column of DESIGN.md §10 is its description. */
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
  /** The client with which the sample API reads entitlements. */
  readonly guard: DemoCredentials
  readonly clients: Readonly<Record<string, DemoClient>>
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

export interface DemoRequestor {
  readonly id: string
  readonly permitted: boolean
}

/** The state of the demo, `undefined` where it has never been started. */
export function findDemoState(): DemoState | undefined {
  try {
    return JSON.parse(readFileSync(demoStateFile(), 'utf8')) as DemoState
  } catch {
    return undefined
  }
}
