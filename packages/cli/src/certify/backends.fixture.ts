// The backends of interop/certify: bad ones, each with the scenario that finds it, and good ones, which no scenario may find wrong.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { needOf, scenarios } from './certify-backend.ts'
import type { SandboxAuth } from './credential.ts'
import { createScenarioRunner, type Result, type RunOptions } from './run-scenarios.ts'
import type { SandboxServers } from './sandbox-servers.ts'
import { conductRules, type ConductRule } from './conduct.ts'
import type { Pace } from './scenario.ts'

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'interop', 'certify')

type BackendOptions = Partial<Pick<RunOptions, 'auth' | 'tls'>>

const keyAuth: SandboxAuth = { kind: 'key', algorithm: 'ES256' }

/** Of a file in interop/certify/bad, the scenario that is meant for its fault. */
export const badBackends = {
  'drops-valid-token': 'token-503',
  'fixed-buffer': 'cached',
  'follows-redirects': 'redirect',
  'hammers-token-endpoint': 'token-429',
  'ignores-401': 'cut-tokens',
  'ignores-certificates': 'certificate',
  'ignores-retry-after': 'api-429',
  'ignores-host-names': 'certificate',
  'keeps-failed-request': 'token-reset',
  'keeps-for-ever': 'no-expires-in',
  'logs-secret-on-error': 'output',
  'logs-token': 'output',
  'loops-on-401': 'persistent-401',
  'lower-case-bearer': 'bearer-scheme',
  'never-answers': 'call',
  'never-renews': 'renewal',
  'not-a-number': 'no-expires-in',
  'reads-key-once': 'key-rotation',
  'reads-secret-once': 'rotation',
  'refuses-future-tokens': 'clock-ahead',
  'renews-after-reset': 'api-reset',
  'renews-on-403': 'insufficient-scope',
  'renews-on-429': 'api-429',
  'renews-on-every-call': 'cached',
  'renews-twice': 'expired-token',
  'retries-at-once': 'api-503',
  'reuses-jti': 'assertion',
  'secret-to-api': 'secret-elsewhere',
  stampede: 'burst',
  'strict-members': 'unknown-members',
  'takes-any-page': 'captive-page',
  'token-in-query': 'token-in-url',
  'trusts-exp': 'clock',
  'verifies-tokens': 'new-signing-key',
} as const satisfies Record<string, string>

/** What is played to see how a backend conducts itself: a call, a token endpoint that fails, and a token that is renewed. */
const playedForConduct: ReadonlySet<string> = new Set(['call', 'token-reset', 'expired-token'])

/** With the options that they are for. */
export const goodBackends: Readonly<Record<string, BackendOptions>> = {
  client: {},
  'client-axios': {},
  'client-key': { auth: keyAuth, tls: true },
  axios: {},
  fetch: {},
  got: {},
}

/** What a bad backend is played with: what the scenario needs that finds it. */
export function optionsFor(id: string): BackendOptions {
  const need = needOf(id)
  return { ...(need === 'key' && { auth: keyAuth }), ...(need === 'tls' && { tls: true }) }
}

/** Short enough for many backends at once on a small machine. */
export const testPace: Pace = { tokenLifetime: 300, shortLifetime: 3, retryAfter: 1, burst: 150, burstPatience: 30 }

export function runOptionsOf(
  command: RunOptions['command'],
  pace = testPace,
  { auth = { kind: 'secret' }, tls = false }: BackendOptions = {},
): RunOptions {
  const trigger = 'http://127.0.0.1:{PORT}/call'
  return { command, names: new Map(), trigger, startTimeoutMs: 30_000, restartOnRotation: false, auth, tls, pace, parallel: 1 }
}

export function nodeCommandOf(kind: 'bad' | 'good', name: string): [string, ...string[]] {
  return [process.execPath, '--conditions=@countersign/source', join(folder, kind, `${name}.mjs`)]
}

export function fileOf(...path: string[]): string {
  return join(folder, ...path)
}

export function linesOf(kind: 'bad' | 'good', name: string): number {
  return readFileSync(join(folder, kind, `${name}.mjs`), 'utf8').split('\n').length
}

/** Plays one scenario, or what shows the conduct; only that, so that many backends take little time. */
export async function playOne(id: string, command: RunOptions['command'], servers: SandboxServers, pace = testPace): Promise<Result> {
  const runner = createScenarioRunner(runOptionsOf(command, pace, optionsFor(id)), servers)
  try {
    if (!Object.hasOwn(conductRules, id)) return await runner.play(scenarios.find((scenario) => scenario.id === id)!)
    for (const scenario of scenarios) if (playedForConduct.has(scenario.id)) await runner.play(scenario)
    return runner.conduct([id as ConductRule])[0]!
  } finally {
    await runner.close()
  }
}

export { availableIds, certifyBackend, standardPace } from './certify-backend.ts'
export { createSandboxServers } from './sandbox-servers.ts'
