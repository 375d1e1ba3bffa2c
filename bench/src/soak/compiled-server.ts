// The compiled command `countersign serve` on a store that fillStore() has filled, as after installation, and token requests to it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeyRingFile } from '@countersign/server'
import { findFreePort } from '@countersign/server/free-port.fixture'

export const root = fileURLToPath(new URL('../../..', import.meta.url))
const command = join(root, 'packages/cli/dist/main.js')
const connections = 32

/** Bundles the command as it is published. */
export function compile(say: (progress: string) => void): void {
  say('bundling the command, as it is published')
  const { status } = spawnSync('npm', ['run', 'bundle'], { cwd: root, stdio: 'ignore' })
  if (status !== 0) throw new Error('"npm run bundle" failed')
}

/** The compiled command with the Node options of its first line, as arguments of Node. */
export function compiledCommand(): string[] {
  const [, options = ''] = /^#!.*\bnode\b(.*)$/m.exec(readFileSync(command, 'utf8')) ?? []
  return [...options.trim().split(' '), command]
}

/** Of the clients of fillStore(). */
export function idOf(index: number): string {
  return `client-${index}`
}

/** A new folder with the keys of a server. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-clients-'))
  for (const name of ['pepper', 'kek']) createKeyRingFile(join(folder, name))
  return folder
}

/** @param nodeOptions besides those of the command's first line */
export async function serve(folder: string, store: string, nodeOptions: readonly string[] = []) {
  const port = await findFreePort()
  const file = join(folder, `${randomUUID()}.yaml`)
  const keys = 'secretPepper: file:pepper\nkeyEncryptionKey: file:kek'
  const realm = '{ issuer: /soak, tokenEndpoint: /soak/token, audience: api, scopes: [read], defaultScopes: [read] }'
  writeFileSync(
    file,
    `listen: 127.0.0.1:${port}\nstore: ${store}\n${keys}\nlogLevel: error\nauditSpool: spool-${port}\nrealms: { soak: ${realm} }\n`,
  )
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...nodeOptions, ...compiledCommand(), 'serve', '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, XDG_CACHE_HOME: folder }, // Holds the compile cache, which is empty at the first start.
  })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let firstTokenAt = Infinity

  function requestToken(clientId: string, clientSecret: string): Promise<number> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path: '/soak/token', method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      call.on('error', reject).end(body)
    })
  }

  return {
    async firstToken(clientId: string, clientSecret: string): Promise<void> {
      while (child.exitCode === null) {
        if ((await requestToken(clientId, clientSecret).catch(() => 0)) === 200) return void (firstTokenAt = performance.now())
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      throw new Error(`"countersign serve" ended with ${child.exitCode}`)
    },
    secondsToFirstToken: () => (firstTokenAt - startedAt) / 1000,
    mebibytes: () => mebibytesOf(child, 'VmRSS'),
    highestMebibytes: () => mebibytesOf(child, 'VmHWM'),
    /** Returns the CPU time of the server per token, in microseconds. */
    async load(requests: number, pick: (index: number) => string, clientSecret: string): Promise<number> {
      const before = cpuSeconds(child)
      let next = 0
      const work = async () => {
        while (next < requests) {
          const status = await requestToken(pick(next++), clientSecret)
          if (status !== 200) throw new Error(`A token request was answered with ${status}`)
        }
      }
      await Promise.all(Array.from({ length: connections }, work))
      return ((cpuSeconds(child) - before) / requests) * 1_000_000
    },
    /** What a module among the Node options answers. */
    async ask(): Promise<unknown> {
      const answer = once(child, 'message')
      child.send('')
      return (await answer)[0]
    },
    async stop(): Promise<void> {
      agent.destroy()
      process.off('exit', killed)
      if (child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function mebibytesOf({ pid }: ChildProcess, figure: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes] = new RegExp(`^${figure}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kibibytes) / 1024)
}

/** User and system time of a process; Linux counts in hundredths of a second. */
export function cpuSeconds({ pid }: Pick<ChildProcess, 'pid'>): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
