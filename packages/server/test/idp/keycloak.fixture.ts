// A Keycloak in a folder of its own, with one realm: a client for the console, persons in groups, and an administrator.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../free-port.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { buildKeycloak, placeKeycloak, quickJava, startArguments } from './keycloak-distribution.fixture.ts'

export interface Keycloak {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** What a person types. */
  readonly password: string
  /** Ends the sessions of a person, as an administrator does. */
  signOut(username: string): Promise<void>
  close(): Promise<void>
}

export interface KeycloakOptions {
  readonly callbackUrl: string
  readonly logoutUrl: string
  /** Groups by user name. */
  readonly people: Readonly<Record<string, readonly string[]>>
}

const realm = 'company'
const admin = { username: 'admin', password: randomBytes(12).toString('hex') }

export async function startKeycloak(options: KeycloakOptions): Promise<Keycloak> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-keycloak-'))
  const [clientSecret, password] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  const command = placeKeycloak(buildKeycloak(), folder, describeRealm(options, clientSecret, password))
  const port = await findFreePort()
  const log = openSync(join(folder, 'log'), 'w')
  const child = spawn(command, startArguments(port), {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, ...quickJava, KC_BOOTSTRAP_ADMIN_USERNAME: admin.username, KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password },
  })
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal)
    } catch {
      // It has ended.
    }
  }
  process.once('exit', () => {
    kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const origin = `http://127.0.0.1:${port}`
  const issuer = `${origin}/realms/${realm}`
  const isUp = () =>
    fetch(`${issuer}/.well-known/openid-configuration`).then(
      ({ ok }) => ok,
      () => false,
    )
  await eventually('Keycloak answers', isUp, 280).catch((cause: unknown) => {
    kill('SIGKILL')
    throw new Error(`Keycloak did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`, { cause })
  })

  async function askAdmin<Answer>(path: string, method = 'GET'): Promise<Answer> {
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin })
    const issued = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: form })
    const { access_token: token } = (await issued.json()) as { access_token: string }
    const response = await fetch(`${origin}/admin/realms/${realm}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
    const text = await response.text()
    if (!response.ok) throw new Error(`Keycloak answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  return {
    issuer,
    clientId: 'console',
    clientSecret,
    password,
    async signOut(username) {
      const [user] = await askAdmin<{ id: string }[]>(`/users?exact=true&username=${username}`)
      await askAdmin(`/users/${user!.id}/logout`, 'POST')
    },
    async close() {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined
      kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function describeRealm({ callbackUrl, logoutUrl, people }: KeycloakOptions, secret: string, password: string): object {
  return {
    realm,
    enabled: true,
    sslRequired: 'none',
    groups: [...new Set(Object.values(people).flat())].map((name) => ({ name })),
    users: Object.entries(people).map(([username, groups]) => ({
      username,
      enabled: true,
      firstName: username,
      lastName: 'Keycloak',
      email: `${username}@acme.example`,
      emailVerified: true,
      groups: groups.map((group) => `/${group}`),
      credentials: [{ type: 'password', value: password, temporary: false }],
    })),
    clients: [
      {
        clientId: 'console',
        secret,
        enabled: true,
        protocol: 'openid-connect',
        publicClient: false,
        standardFlowEnabled: true,
        redirectUris: [callbackUrl],
        attributes: {
          'pkce.code.challenge.method': 'S256',
          'backchannel.logout.url': logoutUrl,
          'backchannel.logout.session.required': 'true',
        },
        protocolMappers: [
          {
            name: 'groups',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-group-membership-mapper',
            config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true', 'userinfo.token.claim': 'false' },
          },
        ],
      },
    ],
  }
}

/** The form of its login page. */
export function asUser(username: string, password: string): (page: string) => Record<string, string> {
  return (page): Record<string, string> => (page.includes('kc-form-login') ? { username, password, credentialId: '' } : {})
}
