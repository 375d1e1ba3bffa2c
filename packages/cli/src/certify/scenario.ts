// What a scenario is, and the stage on which it is played: a sandbox, and the backend that was started against it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProblemCode } from '@countersign/protocol'
import { BackendNotStarted, type Answered, type Backend } from './backend.ts'
import type { Credential } from './credential.ts'
import type { Need } from './needs.ts'
import { createRefusals, type Refuse } from './refusals.ts'
import type { Lifetime, Sandbox } from './sandbox.ts'

export interface Scenario {
  readonly id: string
  /** What is right, as a sentence. */
  readonly title: string
  /** How, as sentences. */
  readonly played: string
  /** What an integrator changes if it is wrong. */
  readonly remedy: string
  /** The problem that the backend meets in production. */
  readonly problem?: ProblemCode
  /**
   * Earlier scenarios. While one of them is wrong, this one would find the same fault once more, with a remedy that does not mend it, or could
   * not tell.
   */
  readonly after?: readonly string[]
  readonly lifetime?: (pace: Pace) => Lifetime
  /** By how much the clock of the issuer differs from that of the backend. */
  readonly clockOffsetMs?: number
  /** The secret or key is in a file only, unless the backend is restarted for a new one. */
  readonly replacesCredential?: true
  readonly needs?: Need
  play(stage: Stage): Promise<void>
}

/** How long scenarios take. */
export interface Pace {
  /** Of the tokens that the provider issues, in seconds. */
  readonly tokenLifetime: number
  /** Of tokens that expire while a scenario is played, in seconds. */
  readonly shortLifetime: number
  /** In seconds. */
  readonly retryAfter: number
  /** Number of calls at once. */
  readonly burst: number
  /** How long each of them may take, in seconds. */
  readonly burstPatience: number
}

/** Something that is wrong. */
export interface Fault {
  readonly seen: string
  readonly expected: string
  /** In place of the remedy of the scenario. */
  readonly remedy?: string
}

/** The scenario cannot be played with this backend. The message is the advice. */
export class NotTested extends Error {
  override name = 'NotTested'
}

/** The rest of the scenario makes no sense; the faults are noted. */
export class Ended extends Error {
  override name = 'Ended'
}

interface StageOptions {
  readonly sandbox: Sandbox
  readonly pace: Pace
  readonly restartOnRotation: boolean
  /** Starts the backend, or starts it again with what the files and the environment say now. */
  start(credential: Credential): Promise<Backend>
  placeCredential(credential: Credential): void
}

const recoveryRemedy = 'Do not keep a failed token request, connection or lock: the next call must start anew.'
const survivalRemedy = 'Catch the error of a call where the call is made, so that it ends that call only and not the process.'

export class Stage {
  readonly sandbox: Sandbox
  readonly pace: Pace
  readonly restartOnRotation: boolean
  readonly refuse: Refuse
  readonly faults: Fault[] = []
  readonly notes: string[] = []
  readonly #options: StageOptions
  #backend: Backend | undefined
  #starting: Promise<Backend> | undefined

  constructor(options: StageOptions) {
    this.#options = options
    this.sandbox = options.sandbox
    this.pace = options.pace
    this.restartOnRotation = options.restartOnRotation
    this.refuse = createRefusals(new URL(options.sandbox.tokenUrl).origin)
  }

  async start(credential = this.sandbox.credential): Promise<void> {
    await this.#backend?.stop()
    this.#options.placeCredential(credential)
    try {
      this.#starting = this.#options.start(credential)
      this.#backend = await this.#starting
    } catch (error) {
      if (!(error instanceof BackendNotStarted)) throw error
      this.end(`the backend did not start: ${error.message}`, 'a backend that listens, whatever the token endpoint and the API say')
    }
  }

  replaceCredential(credential: Credential): void {
    this.#options.placeCredential(credential)
  }

  async stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    await this.#backend?.stop()
  }

  /** Lets the backend call the API. */
  call(timeoutMs?: number): Promise<Answered> {
    return this.#backend!.call(timeoutMs)
  }

  /** Calls every `everyMs` for `forMs` without waiting for answers in between. @returns the answers */
  async callFor(forMs: number, everyMs = 100): Promise<Answered[]> {
    const calls: Promise<Answered>[] = []
    const until = performance.now() + forMs
    while (performance.now() < until) {
      calls.push(this.call())
      await sleep(everyMs)
    }
    return Promise.all(calls)
  }

  /** Calls until one is answered with 2xx. @returns false if there was none in time */
  async recovers(withinMs = 10_000): Promise<boolean> {
    const until = performance.now() + withinMs
    do {
      if (isSuccess(await this.call())) return true
      await sleep(200)
    } while (performance.now() < until && this.#backend?.ended() === undefined)
    return false
  }

  /** @returns how many requests to the API a call makes when nothing is wrong */
  async warmUp(): Promise<number> {
    await this.start()
    await this.#callWithoutFault()
    const before = this.api.length
    await this.#callWithoutFault()
    return Math.max(1, this.api.length - before)
  }

  async #callWithoutFault(): Promise<void> {
    const answered = await this.call()
    if (!isSuccess(answered)) this.end(`the first calls, before anything is played, got ${answered}`, 'calls that succeed')
  }

  get tokenRequests() {
    return this.sandbox.issuer.requests
  }

  get api() {
    return this.sandbox.api.requests
  }

  expect(holds: boolean, seen: string, expected: string, remedy?: string): void {
    if (!holds) this.faults.push({ seen, expected, ...(remedy !== undefined && { remedy }) })
  }

  /** After an outage of `what`. */
  async expectRecovery(what: string): Promise<void> {
    this.expect(await this.recovers(), `calls fail for 10 s after ${what} works again`, 'calls that succeed', recoveryRemedy)
  }

  /** A backend that has ended explains why calls fail. */
  expectRunning(): void {
    const ended = this.#backend?.ended()
    if (ended === undefined) return
    const others = this.faults.filter(({ remedy }) => remedy !== recoveryRemedy)
    const fault = { seen: `the backend stopped: ${ended}`, expected: 'a backend that keeps running', remedy: survivalRemedy }
    this.faults.splice(0, Infinity, ...others, fault)
  }

  end(seen: string, expected: string): never {
    this.faults.push({ seen, expected })
    throw new Ended(seen)
  }

  note(text: string): void {
    this.notes.push(text)
  }
}

export function isSuccess(answered: Answered): boolean {
  return typeof answered === 'number' && answered >= 200 && answered < 300
}

/** "1 token request", "2 token requests". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
