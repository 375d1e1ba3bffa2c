// Hydra as it comes: its own SQLite store in a file, JWT access tokens, client secrets by bcrypt. It signs with RS256 only.
import { openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { post } from '../token/create-client.ts'
import { audience, clientId, scopes } from '../token/scenario.ts'
import { clientCredentials } from '../token/server-process.ts'
import { contestantOf, startGroup, type Peer } from './peer.ts'
import { cacheFolder, onceMade, runTool } from './programs.ts'

const version = '2.3.0'

export const hydra: Peer = {
  name: 'hydra',
  what: `Hydra ${version}, SQLite in a file; RS256 only`,
  algorithms: ['RS256'],
  async start(_algorithm, folder) {
    const program = build()
    const [publicPort, adminPort] = [await findFreePort(), await findFreePort()]
    const file = join(folder, 'hydra.yml')
    writeFileSync(file, configuration(folder, publicPort, adminPort))
    runTool(program, ['migrate', 'sql', 'up', '-e', '--yes', '-c', file])
    const log = openSync(join(folder, 'log'), 'w')
    const child = startGroup(program, ['serve', 'all', '--dev', '-c', file], { stdio: ['ignore', log, log] })
    const admin = `http://127.0.0.1:${adminPort}`
    await eventually('Hydra is ready', () =>
      fetch(`${admin}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    const clientSecret = 'a-secret-of-the-measurement-alone'
    const client = {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
      audience: [audience],
      scope: scopes.join(' '),
    }
    await post(new URL('/admin/clients', admin), JSON.stringify(client), { 'content-type': 'application/json' })
    const form = { ...clientCredentials(clientId, clientSecret), scope: scopes.join(' '), audience }
    return contestantOf(child, { port: publicPort, path: '/oauth2/token', form })
  },
}

/** Its module needs a fork of a dependency, and the `replace` of a dependency's go.mod has no effect: this module repeats it. */
const goModule = `module hydra

go 1.24

replace github.com/gobuffalo/pop/v6 => github.com/ory/pop/v6 v6.2.1-0.20241121111754-e5dfc0f3344b
`

function build(): string {
  const cwd = cacheFolder('hydra')
  return onceMade(join(cwd, `hydra-${version}`), () => {
    rmSync(join(cwd, 'go.sum'), { force: true })
    writeFileSync(join(cwd, 'go.mod'), goModule)
    runTool('go', ['get', '-tool', `github.com/ory/hydra/v2@v${version}`], { cwd })
    runTool('go', ['build', '-tags', 'sqlite,json1', '-o', `hydra-${version}`, 'github.com/ory/hydra/v2'], { cwd })
  })
}

function configuration(folder: string, publicPort: number, adminPort: number): string {
  return `
dsn: sqlite://${join(folder, 'hydra.sqlite')}?_fk=true
serve:
  public: { host: 127.0.0.1, port: ${publicPort} }
  admin: { host: 127.0.0.1, port: ${adminPort} }
urls: { self: { issuer: "http://127.0.0.1:${publicPort}" } }
secrets: { system: [a-secret-of-the-measurement-alone] }
strategies: { access_token: jwt }
ttl: { access_token: 5m }
`
}
