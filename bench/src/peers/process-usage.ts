// CPU time and memory of other processes, from /proc (Linux).
import { readdirSync, readFileSync } from 'node:fs'
import type { Usage } from '../token/server-process.ts'

/** Of a stat line, counted after the name: parent, process group, user and system time with that of ended children, resident pages. */
const fields = { parent: 1, group: 2, user: 11, system: 12, childrenUser: 13, childrenSystem: 14, pages: 21 } as const
const ticksPerSecond = 100
const pageBytes = 4096

/** All processes of a group, with their threads and the children that have ended. */
export function usageOfGroup(group: number): Usage {
  return sum(allStats().filter((stat) => stat[fields.group] === group))
}

/** A process and its children. */
export function usageOfFamily(pid: number): Usage {
  return sum(allStats().filter((stat) => stat.pid === pid || stat[fields.parent] === pid))
}

type Stat = readonly number[] & { readonly pid: number }

function allStats(): Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8')
        const numbers = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        return [Object.assign(numbers, { pid: Number(name) })]
      } catch {
        return [] // It has ended.
      }
    })
}

function sum(stats: readonly Stat[]): Usage {
  const total = (...names: (keyof typeof fields)[]) =>
    stats.reduce((all, stat) => all + names.reduce((one, name) => one + (stat[fields[name]] ?? 0), 0), 0)
  return {
    cpuSeconds: total('user', 'system', 'childrenUser', 'childrenSystem') / ticksPerSecond,
    memoryMebibytes: (total('pages') * pageBytes) / 1024 / 1024,
  }
}
