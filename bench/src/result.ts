// Result files: a description of the machine and the figures; non-integers are rounded to five significant digits.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Machine {
  readonly measuredAt: string
  readonly nodeVersion: string
  readonly cpu: string
  readonly cores: number
}

export function describeMachine(): Machine {
  return {
    measuredAt: new Date().toISOString(),
    nodeVersion: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
}

/** Returns the path of the file, relative to the current folder. */
export function writeResult(name: string, result: object): string {
  const folder = new URL('../results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${name}.json`, folder)
  writeFileSync(file, `${JSON.stringify(result, (_key, value: unknown) => toFiveDigits(value), 2)}\n`)
  return relative(process.cwd(), fileURLToPath(file))
}

function toFiveDigits(value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
