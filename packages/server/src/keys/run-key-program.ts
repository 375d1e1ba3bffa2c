// Runs the program that prints a key ring ("exec:PROGRAM ARG…"): without a shell, with a small environment, and bounded in time and
// output. What it prints is a key, so no message quotes it.
import { spawn } from 'node:child_process'
import { realpathSync, statSync, type Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KeyRingError, type KeyRingPurpose } from './key-ring.ts'

export interface ProgramLimits {
  readonly milliseconds: number
  readonly bytes: number
}

const usualLimits: ProgramLimits = { milliseconds: 10_000, bytes: 64 * 1024 }

/**
 * @param commandLine the absolute path of the program and its arguments, split at blanks
 * @throws KeyRingError if another user could have replaced the program, and if it fails, takes too long or prints too much
 */
export async function runKeyProgram(purpose: KeyRingPurpose, commandLine: string, limits = usualLimits): Promise<string> {
  const [program = '', ...args] = commandLine.split(' ').filter((word) => word !== '')
  const cannot = (cause: string, next: string) =>
    new KeyRingError(`Cannot get the ${purpose} from the program "${program}": ${cause}. ${next}`)
  let path: string
  try {
    path = realpathSync(program)
    // Also where the link to it is: another user could let it lead to another program of root.
    const open = findOpenPlace(path) ?? findOpenPlace(join(realpathSync(dirname(program)), basename(program)))
    if (open !== undefined)
      throw cannot(open, 'Only root or the user of the server may own and write them; correct that with chown and chmod.')
  } catch (error) {
    if (error instanceof KeyRingError) throw error
    throw cannot((error as Error).message, 'Correct its path in the configuration.')
  }
  const outcome = await run(path, args, limits)
  if (typeof outcome !== 'string') throw cannot(outcome.fault, 'Run it by hand as the user of the server.')
  return outcome
}

/** The first place where another user could put a program of its own: the program, its folder, and what these are in. */
function findOpenPlace(program: string): string | undefined {
  if (process.geteuid === undefined) return undefined // Windows has no modes.
  const user = process.geteuid()
  for (let place = program, inner = ''; place !== inner; inner = place, place = dirname(place)) {
    const stat = statSync(place)
    if (place === program && !stat.isFile()) return `"${place}" is not a file`
    if (stat.uid !== 0 && stat.uid !== user) return `"${place}" belongs to another user (${stat.uid})`
    if (isWritableByOthers(stat) && !(isSticky(stat) && inner !== program))
      return `"${place}" can be written by its group or by every user (mode ${(stat.mode & 0o7777).toString(8)})`
  }
  return undefined
}

function isWritableByOthers({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0
}

/** In such a folder (/tmp) nothing can be renamed or removed but by its owner. */
function isSticky(stat: Stats): boolean {
  return stat.isDirectory() && (stat.mode & 0o1000) !== 0
}

/** Nothing of this process but these: it may hold secrets of others. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME, LANG } = process.env
  return { PATH, ...(HOME !== undefined && { HOME }), ...(LANG !== undefined && { LANG }) }
}

function run(path: string, args: readonly string[], limits: ProgramLimits): Promise<string | { readonly fault: string }> {
  return new Promise((resolve) => {
    // In a group of its own, so that what it has started ends with it.
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'ignore'], env: environment(), cwd: '/', detached: true })
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (outcome: string | { readonly fault: string }) => {
      clearTimeout(timer)
      child.stdout.destroy() // What it has started may hold the pipe open.
      resolve(outcome)
    }
    const stop = (fault: string) => {
      if (child.pid !== undefined) killGroup(child.pid)
      end({ fault })
    }
    const timer = setTimeout(() => stop(`it did not end within ${limits.milliseconds / 1000} s and was killed`), limits.milliseconds)
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > limits.bytes) stop(`it printed more than ${limits.bytes} bytes and was killed`)
    })
    child.once('error', (error) => end({ fault: error.message }))
    child.once('close', (code, signal) => {
      if (code === 0) end(Buffer.concat(chunks).toString('utf8'))
      else end({ fault: signal === null ? `it ended with the exit code ${code}` : `it was ended by ${signal}` })
    })
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
