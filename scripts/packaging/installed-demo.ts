// The demo as a user starts it: by npx in a project that has the tarball of the command.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { environmentOfUser, type Project } from './installed-project.ts'

export interface InstalledDemo {
  readonly home: string
  readonly stateFile: string
  /** Until it said that it is running. */
  readonly printed: string
  stop(): Promise<void>
}

/** @param path the PATH of the user, whose first Node runs it */
export async function startInstalledDemo({ folder }: Project, path: string): Promise<InstalledDemo> {
  const home = join(folder, 'home')
  const port = String(await findFreePorts())
  const child = spawn('npx', ['@countersign/cli', 'demo', '--port', port], {
    cwd: folder,
    env: { ...environmentOfUser, PATH: path, COUNTERSIGN_HOME: home },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const problems = text(child.stderr)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let printed = ''
  const isRunning = new Promise<'running'>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      printed += part
      if (printed.includes('Ctrl-C')) resolve('running')
    })
  })
  if ((await Promise.race([isRunning, ended])) !== 'running') throw new Error(`The demo ended: ${printed}${await problems}`)
  return {
    home,
    stateFile: join(home, 'demo.json'),
    printed,
    stop() {
      process.kill(-child.pid!, 'SIGTERM') // npx and what it has started.
      return ended
    },
  }
}
