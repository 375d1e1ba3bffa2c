// A server under test in its own process, as the measurement sees it.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Algorithm } from './scenario.ts'
import type { Listening, Usage } from './server-process.ts'

export interface Contestant extends Listening {
  readUsage(): Promise<Usage>
  stop(): Promise<void>
}

export const serverNames = ['floor', 'countersign', 'oidcProvider'] as const
export type ServerName = (typeof serverNames)[number]

const serverFiles: Record<ServerName, string> = {
  floor: 'floor-server.ts',
  countersign: 'countersign-server.ts',
  oidcProvider: 'oidc-provider-server.ts',
}

/** @param profileDirectory where V8 writes a CPU profile when the server stops. */
export function startContestant(name: ServerName, algorithm: Algorithm, profileDirectory?: string): Promise<Contestant> {
  const profiling = profileDirectory
    ? ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`, `--cpu-prof-name=${name}-${algorithm}.cpuprofile`]
    : []
  return startServerProcess(serverFiles[name], [algorithm], profiling)
}

/** @param file in this folder @param execArgv besides those of this process */
export async function startServerProcess(file: string, args: readonly string[], execArgv: readonly string[] = []): Promise<Contestant> {
  const child = fork(new URL(file, import.meta.url), args, {
    execArgv: [...process.execArgv, ...execArgv],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const complaints: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  const nextMessage = async (): Promise<unknown> => {
    const message = await messageOf(child)
    if (message === undefined) throw new Error(`The server process "${file}" ended on its own:\n${complaints.join('')}`)
    return message
  }
  const listening = (await nextMessage()) as Listening
  return {
    ...listening,
    async readUsage() {
      const answer = nextMessage()
      child.send('usage')
      return (await answer) as Usage
    },
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

/** The next message of the process, `undefined` if it ends first. */
function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    const stopListening = () => void child.off('message', onMessage).off('exit', onExit)
    const onMessage = (message: unknown) => {
      stopListening()
      resolve(message)
    }
    const onExit = () => {
      stopListening()
      resolve(undefined)
    }
    child.on('message', onMessage).on('exit', onExit)
  })
}
