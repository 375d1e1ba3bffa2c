// Starts the processes that hold the guards, and passes orders to them.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from '../compiled-server.ts'
import type { GuardOrders, Holder, OpenGuards, Order, OrderAnswer, Outcome, Settled, TokenRequests } from './guard-orders.ts'

const program = fileURLToPath(new URL('./guard-process.ts', import.meta.url))

type Call = <Name extends keyof GuardOrders>(name: Name, ...input: Parameters<GuardOrders[Name]>) => ReturnType<GuardOrders[Name]>

/** A guard of a number is in the process of that number, counted around. */
export interface GuardFleet {
  /** More guards, up to this many. */
  openUpTo(count: number): Promise<void>
  connected(): Promise<number>
  /** Each of the guards decides about what is its own. */
  decide(holderOf: (guard: number) => Holder | undefined): Promise<Record<Outcome, number>>
  decideAll(holders: readonly Holder[]): Promise<Record<Outcome, number>>
  watch(watch: { id: number; after: number; deciders: readonly (readonly [number, Holder])[] }): Promise<void>
  settle(id: number, revision: number): Promise<Settled>
  abandon(id: number): Promise<void>
  tokenRequests(): Promise<TokenRequests>
  errors(): Promise<Record<string, number>>
  /** Of all its processes. */
  cpuSeconds(): number
  /** Idempotent. */
  close(): Promise<void>
}

export type FleetOptions = Omit<OpenGuards, 'numbers' | 'recording' | 'credentials'> & {
  readonly processes: number
  readonly credentials: OpenGuards['credentials']
  /** Each process records its steps in a file of its own. */
  readonly recordings: string
}

export function startGuardFleet({ processes: count, recordings, ...settings }: FleetOptions): GuardFleet {
  const processes = Array.from({ length: count }, startProcess)
  let opened = 0
  const all = <Name extends keyof GuardOrders>(name: Name, ...input: Parameters<GuardOrders[Name]>) =>
    Promise.all(processes.map(({ call }) => call(name, ...input)))
  const ofProcess = <Item extends readonly [number, ...unknown[]]>(items: readonly Item[], index: number) =>
    items.filter(([guard]) => guard % count === index)

  return {
    async openUpTo(guards) {
      const numbers = Array.from({ length: guards - opened }, (_, i) => [opened + i] as const)
      opened = guards
      await Promise.all(
        processes.map(({ call }, index) => {
          const own = ofProcess(numbers, index).map(([number]) => number)
          return call('open', { ...settings, numbers: own, recording: join(recordings, `guards-${index}.jsonl`) })
        }),
      )
    },
    connected: async () => sum(await all('connected')),
    async decide(holderOf) {
      const decisions = Array.from({ length: opened }, (_, guard) => [guard, holderOf(guard)] as const).filter(hasHolder)
      const counts = await Promise.all(processes.map(({ call }, index) => call('decide', ofProcess(decisions, index))))
      return counts.reduce(add)
    },
    decideAll: async (holders) => (await all('decideAll', holders)).reduce(add),
    async watch({ deciders, ...watch }) {
      await Promise.all(processes.map(({ call }, index) => call('watch', { ...watch, deciders: ofProcess(deciders, index) })))
    },
    async settle(id, revision) {
      const settled = await all('settle', { id, revision })
      return { knownAt: settled.flatMap(({ knownAt }) => knownAt), decided: settled.flatMap(({ decided }) => decided) }
    },
    abandon: async (id) => void (await all('abandon', id)),
    async tokenRequests() {
      const requests = await all('tokenRequests')
      return { sent: sum(requests.map(({ sent }) => sent)), failed: requests.map(({ failed }) => failed).reduce(add) }
    },
    errors: async () => (await all('errors')).reduce(add),
    cpuSeconds: () => sum(processes.map(({ child }) => cpuSeconds(child))),
    async close() {
      const ending = processes.splice(0)
      await Promise.allSettled(ending.map(({ call }) => call('close')))
      for (const { child } of ending) child.disconnect()
    },
  }
}

function startProcess(): { readonly child: ChildProcess; readonly call: Call } {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>()
  let calls = 0
  child.on('message', (answer: OrderAnswer) => {
    const { resolve, reject } = waiting.get(answer.id)!
    waiting.delete(answer.id)
    if ('error' in answer) reject(new Error(answer.error))
    else resolve(answer.output)
  })
  child.once('exit', (code) => waiting.forEach(({ reject }) => reject(new Error(`A process of guards ended with ${code}`))))
  const call = (name: keyof GuardOrders, input?: unknown) =>
    new Promise((resolve, reject) => {
      const id = calls++
      waiting.set(id, { resolve, reject })
      child.send({ id, name, input } satisfies Order)
    })
  return { child, call: call as Call }
}

function hasHolder(decision: readonly [number, Holder | undefined]): decision is readonly [number, Holder] {
  return decision[1] !== undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function add<Name extends string>(one: Readonly<Record<Name, number>>, other: Readonly<Record<Name, number>>): Record<Name, number> {
  const total: Record<Name, number> = { ...one }
  for (const [name, count] of Object.entries(other) as [Name, number][]) total[name] = (total[name] ?? 0) + count
  return total
}
