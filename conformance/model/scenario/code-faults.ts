// Faults in the code: each patch is applied to a copy of the product, the scenario runs on the copy, and the replay of what it recorded
// must find something. Without a patch it must find nothing.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { InvariantName } from '../invariants.ts'
import { replayFiles } from '../replay.ts'

const root = resolve(import.meta.dirname, '../../..')
export const patchesFolder = resolve(import.meta.dirname, '../patches')

export function listPatches(): string[] {
  return readdirSync(patchesFolder).map((name) => join(patchesFolder, name))
}

export interface CodeFault {
  /** "none" for the product as it is. */
  readonly patch: string
  /** How often each invariant was violated. */
  readonly found: Readonly<Partial<Record<InvariantName, number>>>
  /** The first, in words. */
  readonly first: string | undefined
  /**
   * Why the scenario ended too soon, if it did: a fault may make it fail, or take longer than its time limit (SIGTERM). What was recorded until
   * then counts.
   */
  readonly failure: string | undefined
  readonly steps: number
}

/** @param only those whose names contain it */
export function* runCodeFaults(only = ''): Generator<CodeFault> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'))
  try {
    copyProduct(folder)
    yield runScenarioIn(folder, 'none')
    for (const patch of listPatches().filter((path) => basename(path).includes(only))) {
      applyPatch(folder, patch)
      yield runScenarioIn(folder, basename(patch, '.patch'))
      applyPatch(folder, patch, '--reverse')
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function copyProduct(folder: string): void {
  for (const name of ['packages', 'conformance', 'package.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: (path) => !/[\\/](?:node_modules|dist)$/.test(path) })
  }
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@countersign'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@countersign' && !name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  // The copies, in place of what the links of the workspace lead to.
  for (const name of readdirSync(join(folder, 'packages'))) symlinkSync(join(folder, 'packages', name), join(modules, '@countersign', name))
}

function applyPatch(folder: string, patch: string, ...options: string[]): void {
  const { status, stderr } = spawnSync('git', ['apply', ...options, patch], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${basename(patch)} does not apply: ${stderr}`)
}

function runScenarioIn(folder: string, patch: string, attempts = 2): CodeFault {
  const file = join(folder, `${patch}.jsonl`)
  const scenario = join(folder, 'conformance/model/scenario/scenario.ts')
  const options = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning']
  const { status, signal, stderr } = spawnSync(process.execPath, [...options, scenario, file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 180_000,
  })
  if (!existsSync(file)) throw new Error(`The scenario did not begin (${status}): ${stderr}`)
  const { findings, steps } = replayFiles([file])
  const found: Partial<Record<InvariantName, number>> = {}
  for (const { invariant } of findings) found[invariant] = (found[invariant] ?? 0) + 1
  // On a busy machine it fails now and then by itself.
  if (status !== 0 && findings.length === 0 && attempts > 1) return runScenarioIn(folder, patch, attempts - 1)
  const failure = status === 0 ? undefined : (stderr.match(/^\w*Error.*/m)?.[0] ?? `${signal ?? status}: ${stderr.slice(0, 200)}`)
  return { patch, found, first: findings[0]?.what, failure, steps: Object.values(steps).reduce((sum, count) => sum + count, 0) }
}
