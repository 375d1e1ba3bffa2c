// Floors of the same work in other languages: an audit row on disk before the token leaves, and an access log. Their sources are in
// bench/peers.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Listening } from '../token/server-process.ts'
import { contestantOf, startGroup, type Peer } from './peer.ts'
import { cacheFolder, runTool, sources } from './programs.ts'

export const goFloor: Peer = floor('goFloor', 'the same work in Go: net/http, SQLite', () => {
  const program = join(cacheFolder('go'), 'floor')
  runTool('go', ['build', '-o', program, '.'], { cwd: join(sources, 'go'), env: { ...process.env, GOFLAGS: '-mod=mod' } })
  return program
})

export const rustFloor: Peer = floor('rustFloor', 'the same work in Rust: axum, ring, SQLite', () => {
  const target = cacheFolder('rust')
  runTool('cargo', ['build', '--release', '--quiet', '--target-dir', target], { cwd: join(sources, 'rust') })
  return join(target, 'release', 'floor')
})

function floor(name: string, what: string, build: () => string): Peer {
  return {
    name,
    what,
    algorithms: ['ES256', 'RS256'],
    async start(algorithm, folder) {
      const child = startGroup(build(), [algorithm, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
      return contestantOf(child, await listeningOf(child))
    },
  }
}

/** The line that a floor prints when it listens. */
async function listeningOf(child: ChildProcess): Promise<Listening> {
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return JSON.parse(line) as Listening
}
