// Which scenarios are played, and in which order: first one call, because without it nothing else can be told.
import { apiOutageScenarios } from './api-outage-scenarios.ts'
import { cachingScenarios } from './caching-scenarios.ts'
import { certificateScenario } from './certificate-scenario.ts'
import { conductRules, type ConductRule, type RuleOfConduct } from './conduct.ts'
import { isMet, type Need, type SandboxKind } from './needs.ts'
import { refusalScenarios } from './refusal-scenarios.ts'
import { responseScenarios } from './response-scenarios.ts'
import { rotationScenarios } from './rotation-scenarios.ts'
import { createScenarioRunner, type Result, type RunOptions } from './run-scenarios.ts'
import { createFaultFilter } from './known-faults.ts'
import { createSandboxServers, type SandboxServers } from './sandbox-servers.ts'
import type { Pace, Scenario } from './scenario.ts'
import { tokenOutageScenarios } from './token-outage-scenarios.ts'

export const scenarios: readonly Scenario[] = [
  ...cachingScenarios,
  ...refusalScenarios,
  ...apiOutageScenarios,
  ...tokenOutageScenarios,
  ...responseScenarios,
  ...rotationScenarios,
  certificateScenario,
]

/** What is always played, because conduct shows in it: a call, a refusal, an outage. */
const playedForConduct: ReadonlySet<string> = new Set(['call', 'expired-token', 'api-503'])

/** Without them nothing else can be judged. */
const toldIfWrong: ReadonlySet<string> = new Set(['call', 'assertion'])

const rules = Object.keys(conductRules) as ConductRule[]

export const scenarioIds: readonly string[] = [...scenarios.map(({ id }) => id), ...rules]

/** @param id one of {@link scenarioIds} */
export function titleOf(id: string): string {
  return explain(id).title
}

/** @param id one of {@link scenarioIds} */
export function explain(id: string): Pick<Scenario, 'id' | 'title' | 'played' | 'remedy' | 'problem'> {
  const { title, played, remedy, problem }: Omit<Scenario, 'id' | 'play'> = scenarios.find((scenario) => scenario.id === id) ?? ruleOf(id)
  return { id, title, played, remedy, ...(problem !== undefined && { problem }) }
}

function ruleOf(id: string): RuleOfConduct {
  return conductRules[id as ConductRule]
}

/** What an option of the command is for; undefined for what is always played. @param id one of {@link scenarioIds} */
export function needOf(id: string): Need | undefined {
  const { needs }: { readonly needs?: Need } = scenarios.find((scenario) => scenario.id === id) ?? ruleOf(id)
  return needs
}

/** What is played to a backend. */
export function availableIds(sandbox: SandboxKind): readonly string[] {
  return scenarioIds.filter((id) => isMet(needOf(id), sandbox))
}

export const standardPace: Pace = { tokenLifetime: 300, shortLifetime: 6, retryAfter: 2, burst: 500, burstPatience: 30 }

export interface CertifyOptions extends RunOptions {
  /** All if empty. */
  readonly only: readonly string[]
  readonly onResult?: (result: Result) => void
  /** Default: servers of its own, which it closes. */
  readonly servers?: SandboxServers
  /** Ends the run: the backends are stopped, and the promise is rejected with its reason. */
  readonly signal?: AbortSignal
}

/** Plays the scenarios, or those of `only`, and returns their results in the order of {@link scenarioIds}. */
export async function certifyBackend({ only, onResult = () => {}, signal, ...options }: CertifyOptions): Promise<Result[]> {
  const available = availableIds(options)
  const isChosen = (id: string) => available.includes(id) && (only.length === 0 || only.includes(id))
  const hasChosenRule = rules.some(isChosen)
  const isPlayed = ({ id }: Scenario) => isChosen(id) || (hasChosenRule && only.length > 0 && playedForConduct.has(id))
  const [first, ...others] = scenarios.filter((scenario) => scenario.id === 'call' || isPlayed(scenario))
  const servers = options.servers ?? createSandboxServers()
  const runner = createScenarioRunner(options, servers)
  const results: Result[] = []
  const withoutKnownFaults = createFaultFilter()
  const tell = (found: Result) => {
    if (!isChosen(found.id) && !(toldIfWrong.has(found.id) && found.outcome === 'wrong')) return
    const result = withoutKnownFaults(found)
    results.push(result)
    onResult(result)
  }
  const playing = new Map<string, Promise<Result>>()
  const playInTurn = async (scenario: Scenario) => {
    const before = await Promise.all((scenario.after ?? []).filter(isChosen).map((id) => playing.get(id)))
    const cause = before.find((result) => result?.outcome === 'wrong')
    return cause === undefined ? runner.play(scenario) : notTested(scenario, `It is judged once "${cause.id}" is right.`)
  }
  const playAll = async () => {
    const works = await runner.play(first!)
    tell(works)
    if (works.outcome !== 'right') for (const scenario of others) tell(notTested(scenario, 'No call succeeds.'))
    else
      await inParallel(others, options.parallel, async (scenario) => {
        const played = playInTurn(scenario)
        playing.set(scenario.id, played)
        tell(await played)
      })
    for (const result of runner.conduct(rules)) tell(result)
  }
  try {
    await Promise.race([playAll(), ...(signal ? [untilAborted(signal)] : [])])
  } finally {
    await runner.close()
    if (options.servers === undefined) await servers.close()
  }
  return results.toSorted((a, b) => scenarioIds.indexOf(a.id) - scenarioIds.indexOf(b.id))
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
}

function notTested({ id, title, remedy }: Scenario, why: string): Result {
  return { id, title, outcome: 'not tested', faults: [], notes: [why], remedy, seconds: 0 }
}

async function inParallel<Item>(items: readonly Item[], limit: number, run: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
