// Plays scenarios, each with a backend and a sandbox of its own, and collects what was seen.
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProblemCode } from '@countersign/protocol'
import { startBackend, type Backend } from './backend.ts'
import type { Credential } from './credential.ts'
import { conductRules, type Conduct, type ConductRule } from './conduct.ts'
import { environmentOf, type NameMap } from './environment.ts'
import type { SandboxKind } from './needs.ts'
import { openSandbox, type Lifetime, type Sandbox } from './sandbox.ts'
import { createSandboxTls } from './sandbox-tls.ts'
import type { SandboxServers } from './sandbox-servers.ts'
import { Ended, NotTested, Stage, type Fault, type Pace, type Scenario } from './scenario.ts'

export interface RunOptions extends SandboxKind {
  readonly command: readonly [string, ...string[]]
  /** How the backend calls the variables of the sandbox. */
  readonly names: NameMap
  /** `{PORT}` in it is replaced by the port that the backend is told. */
  readonly trigger: string
  readonly startTimeoutMs: number
  readonly restartOnRotation: boolean
  readonly pace: Pace
  /** How many backends run at once. */
  readonly parallel: number
}

export interface Result {
  readonly id: string
  readonly title: string
  readonly outcome: 'right' | 'wrong' | 'not tested'
  readonly faults: readonly Fault[]
  /** Advice for what was not tested, remarks on what is right. */
  readonly notes: readonly string[]
  readonly remedy: string
  readonly problem?: ProblemCode
  readonly seconds: number
}

export interface ScenarioRunner {
  play(scenario: Scenario): Promise<Result>
  /** What was never allowed to happen, in all that was played. */
  conduct(rules: readonly ConductRule[]): Result[]
  close(): Promise<void>
}

interface Played {
  readonly id: string
  readonly conduct: Conduct
  /** To the API, with a header Authorization. */
  readonly calls: number
  /** To the API and to the token endpoint. */
  readonly requests: number
}

export function createScenarioRunner(options: RunOptions, servers: SandboxServers): ScenarioRunner {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-backend-'))
  const tls = options.tls ? createSandboxTls(folder) : undefined
  const played: Played[] = []
  const stages = new Set<Stage>()
  const closing = new AbortController()

  async function play(scenario: Scenario): Promise<Result> {
    const { id, title, remedy, problem, lifetime = standardLifetime, clockOffsetMs = 0 } = scenario
    const number = servers.nextNumber()
    const server = await servers.withClockOffset(clockOffsetMs)
    const sandbox = await openSandbox(server, { number, lifetime: lifetime(options.pace), auth: options.auth, tls })
    const stage = await openStage(scenario, sandbox, join(folder, `client-${number}`))
    stages.add(stage)
    const startedAt = performance.now()
    const advice: string[] = []
    try {
      await scenario.play(stage)
    } catch (error) {
      if (error instanceof NotTested) advice.push(error.message)
      else if (!(error instanceof Ended)) throw error
    } finally {
      if (stage.faults.length > 0) stage.expectRunning()
      await stage.stop()
      stages.delete(stage)
      await sandbox.close()
    }
    const { faults, notes } = stage
    const isUntried = advice.length > 0
    if (faults.length > 0 && sandbox.conduct.broken.has('assertion')) advice.push(refusedAssertion)
    if (!isUntried)
      played.push({
        id,
        conduct: sandbox.conduct,
        calls: stage.api.filter(({ token }) => token !== undefined).length,
        requests: stage.api.length + stage.tokenRequests.length,
      })
    const outcome = advice.length > 0 ? 'not tested' : faults.length > 0 ? 'wrong' : 'right'
    const seconds = Math.round(performance.now() - startedAt) / 1000
    return {
      id,
      title,
      outcome,
      faults: outcome === 'wrong' ? faults : [],
      notes: [...advice, ...notes],
      remedy,
      ...(problem && { problem }),
      seconds,
    }
  }

  async function openStage({ replacesCredential }: Scenario, sandbox: Sandbox, path: string): Promise<Stage> {
    const { command, names, trigger, startTimeoutMs, restartOnRotation, pace } = options
    const port = await findFreePort()
    const fileOf = (variable: string) => `${path}-${variable.toLowerCase().replaceAll('_', '-')}`
    const placeCredential = ({ files }: Credential) => {
      for (const [variable, text] of Object.entries(files)) {
        writeFileSync(`${fileOf(variable)}.new`, text, { mode: 0o600 })
        renameSync(`${fileOf(variable)}.new`, fileOf(variable))
      }
    }
    const start = ({ values, files, lasting }: Credential): Promise<Backend> => {
      const paths = Object.fromEntries(Object.keys(files).map((variable) => [variable, fileOf(variable)]))
      const given = Object.entries({ ...values, ...paths })
      const isKept = ([variable]: [string, string]) => !replacesCredential || restartOnRotation || lasting.some((name) => name === variable)
      return startBackend({
        command,
        trigger: new URL(trigger.replaceAll('{PORT}', String(port))),
        startTimeoutMs,
        marks: sandbox.marks,
        conduct: sandbox.conduct,
        signal: closing.signal,
        environment: environmentOf(
          {
            TOKEN_URL: sandbox.tokenUrl,
            ISSUER: sandbox.issuerUrl,
            API_URL: sandbox.apiUrl,
            CLIENT_ID: sandbox.clientId,
            PORT: String(port),
            ...(tls && { CA_FILE: tls.caFile }),
            ...Object.fromEntries(given.filter(isKept)),
          },
          names,
          tls?.variables,
        ),
      })
    }
    return new Stage({ sandbox, pace, restartOnRotation, start, placeCredential })
  }

  return {
    play,
    conduct: (rules) => rules.map((rule) => judgeConduct(rule, played)),
    async close() {
      closing.abort()
      rmSync(folder, { recursive: true, force: true }) // First: the end of a backend takes time, and may be interrupted.
      await Promise.all([...stages].map((stage) => stage.stop()))
    },
  }
}

const refusedAssertion = 'The token endpoint refused the assertion of the backend: see "assertion".'

function standardLifetime({ tokenLifetime }: Pace): Lifetime {
  return { told: tokenLifetime }
}

function judgeConduct(rule: ConductRule, played: readonly Played[]): Result {
  const { title, expected, remedy } = conductRules[rule]
  const broken = played.filter(({ conduct }) => conduct.broken.has(rule))
  const first = broken[0]?.conduct.broken.get(rule)
  const where = broken.map(({ id }) => id).join(', ')
  const faults = first === undefined ? [] : [{ ...first, seen: `${first.seen} (in ${where})`, expected }]
  const common = { id: rule, title, faults, remedy, seconds: 0 }
  const isSilent = played.every(({ calls, requests }) => (rule === 'bearer-scheme' ? calls : requests) === 0)
  if (isSilent && faults.length === 0)
    return {
      ...common,
      outcome: 'not tested',
      notes: [rule === 'bearer-scheme' ? 'The backend sent no header Authorization to the API.' : 'The backend sent nothing.'],
    }
  return { ...common, outcome: faults.length > 0 ? 'wrong' : 'right', notes: [] }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
