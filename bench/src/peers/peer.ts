// A server of another kind under test: a program of its own, whose CPU time is that of its process group.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import type { Contestant } from '../token/contestant.ts'
import type { Algorithm } from '../token/scenario.ts'
import type { Listening } from '../token/server-process.ts'
import { usageOfGroup } from './process-usage.ts'

export interface Peer {
  readonly name: string
  /** How its table row describes it. */
  readonly what: string
  readonly algorithms: readonly Algorithm[]
  /**
   * @param folder an empty folder on disk, removed after the run
   * @throws MissingProgramError if it cannot run on this machine
   */
  start(algorithm: Algorithm, folder: string): Promise<Contestant>
}

/** A toolchain or a package that this machine cannot provide: the peer is left out, by name and with this reason. */
export class MissingProgramError extends Error {
  override name = 'MissingProgramError'
}

/** Starts a program in a process group of its own, which ends with the measurement. */
export function startGroup(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, { ...options, detached: true })
  const kill = () => endGroup(child, 'SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

/** The program as a contestant. It ends on SIGTERM. */
export function contestantOf(child: ChildProcess, listening: Listening, stopMore: () => unknown = () => {}): Contestant {
  return {
    ...listening,
    readUsage: async () => usageOfGroup(child.pid!),
    async stop() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      endGroup(child, 'SIGTERM')
      await ended
      await stopMore()
    },
  }
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal)
  } catch {
    // It has ended.
  }
}
