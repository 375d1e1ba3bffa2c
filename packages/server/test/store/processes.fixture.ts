// Inspects and signals processes that are not children of the test.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  /** An opaque text; together with the number it identifies a process for good. */
  readonly startedAt: string
}

/** Undefined when it has ended. A zombie has ended, whether or not its parent has waited for it. */
export function findProcess(pid: number): Process | undefined {
  if (!existsSync('/proc/self/stat')) return listByPs().find((found) => found.pid === pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent, ...more] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : { pid, parent: Number(parent), startedAt: more[17]! }
  } catch {
    return undefined
  }
}

export function childrenOf(pid: number): number[] {
  const all = existsSync('/proc/self/stat')
    ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (findProcess(Number(name)) ?? []) : []))
    : listByPs()
  return all.filter(({ parent }) => parent === pid).map((child) => child.pid)
}

/** For systems without /proc. */
function listByPs(): Process[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, startedAt] = /^\s*(\d+)\s+(\d+)\s+[^Z\s]\S*\s+(.*)/.exec(line) ?? []
    return startedAt === undefined ? [] : { pid: Number(pid), parent: Number(parent), startedAt }
  })
}

/** Sends a signal, unless the process has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

/** Polls `find` and returns its result. @throws Error if it does not find anything in time */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const found = await find()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`Waited ${seconds} s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
