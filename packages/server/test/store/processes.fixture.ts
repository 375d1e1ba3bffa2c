// What tests need to know of processes that are not their children, and do to them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  /** An opaque word; with the number it names a process for good. */
  readonly startedAt: string
}

/** Undefined when it is gone. A zombie is gone, whether or not anybody asks what became of it. */
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

/** Sends a signal; nobody there to get it is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone already.
  }
}

/** What `find` finds once it does. @throws Error when it does not in time */
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
