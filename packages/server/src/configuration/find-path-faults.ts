// Paths that cannot belong to a realm: the server or another realm has them already. The host of a request does not tell realms apart, so
// that no request header decides which realm answers.
import { isBelow } from '../realms/realm-addresses.ts'
import { splitIssuer } from '../realms/issuer-setting.ts'
import { operatorsRealm } from '../realms/operators-realm.ts'
import { publishedPaths } from '../realms/realm-paths.ts'
import type { RealmSettings } from '../realms/realm-settings.ts'

export interface PathFault {
  readonly setting: readonly ['realms', realm: string, ...(string | number)[]]
  /** Worded for a configuration message ("expected …"). */
  readonly expected: string
}

type Settings = Pick<RealmSettings, 'issuer' | 'tokenEndpoint' | 'tokenProfile' | 'aliases'>

/** Paths of the catalogue, the admin API, the console, the portal, `GET /v1/me` for every realm, the realm of the operators, and the probes. */
const reservedPaths = ['/problems', '/admin', '/console', '/portal', '/v1', '/realms/operators', '/livez', '/readyz']

export function findPathFaults(realms: Readonly<Record<string, Settings>>): PathFault[] {
  const faults: PathFault[] = []
  const published = pathsOfRealms(realms)
  const owners = new Map<string, string>()
  const above = pathsAbove(realms)

  for (const [name, { issuer, tokenEndpoint, aliases }] of Object.entries(realms)) {
    const issuerPath = pathOfIssuer(issuer)
    own(
      issuerPath || '/',
      ['realms', name, 'issuer'],
      issuer.startsWith('/') ? '' : '; realms at different hosts need different paths, too',
    )
    own(tokenEndpoint, ['realms', name, 'tokenEndpoint'])
    if (tokenEndpoint === '/') complain(['realms', name, 'tokenEndpoint'], 'another path, because the server itself has a page there')
    if (aliases.length > 0 && !isBelow(tokenEndpoint, issuerPath))
      complain(
        ['realms', name, 'aliases'],
        'no aliases, because "tokenEndpoint" is not below the path of "issuer", so that they could not have it',
      )
  }
  for (const [name, { aliases }] of Object.entries(realms)) aliases.forEach((alias, at) => ownAlias(alias, ['realms', name, 'aliases', at]))
  return faults

  function own(path: string, setting: PathFault['setting'], addition = ''): void {
    const reserved = reservedPaths.find((taken) => path === taken || isBelow(path, taken))
    if (reserved !== undefined) complain(setting, `another path, because the server itself uses "${reserved}"`)
    const owner = owners.get(path)
    if (owner !== undefined) complain(setting, `a path of its own; ${owner} has it already${addition}`)
    owners.set(path, describe(setting))
    const realm = published.get(path)
    if (realm !== undefined) complain(setting, `another path, because the realm "${realm}" has another endpoint there`)
  }

  /** Everything below an alias is the realm's, so that no other place may be above or below it. */
  function ownAlias(alias: string, setting: PathFault['setting']): void {
    const before = faults.length
    own(alias, setting)
    if (faults.length > before) return
    const higher = ancestorsOf(alias).find((path) => owners.has(path))
    if (higher !== undefined) complain(setting, `a path that is not below "${higher}", which ${owners.get(higher)} has`)
    const lower = above.get(alias)
    if (lower !== undefined) complain(setting, `a path without another one below it; "${lower}" is below it`)
  }

  function complain(setting: PathFault['setting'], expected: string): void {
    faults.push({ setting, expected })
  }
}

function pathOfIssuer(issuer: string): string {
  return splitIssuer(issuer, '').path
}

function describe(setting: PathFault['setting']): string {
  return `"${setting.join('.')}"`
}

/** Those with fewer segments, but the root: all paths are below that. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(2).map((_, at) => parts.slice(0, at + 2).join('/'))
}

/** Paths that the server, an issuer or an alias is below, with one of those. */
function pathsAbove(realms: Readonly<Record<string, Settings>>): ReadonlyMap<string, string> {
  const places = Object.values(realms).flatMap(({ issuer, aliases }) => aliases.concat(pathOfIssuer(issuer)))
  return new Map([...reservedPaths, ...places].flatMap((path) => ancestorsOf(path).map((ancestor) => [ancestor, path])))
}

/** The paths that realms have besides their issuers, aliases and token endpoints, with the names of the realms. */
function pathsOfRealms(realms: Readonly<Record<string, Settings>>): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  const add = (name: string, all: readonly string[]) => all.forEach((path) => paths.set(path, name))
  for (const [name, { issuer, tokenEndpoint, tokenProfile, aliases }] of Object.entries(realms)) {
    const issuerPath = pathOfIssuer(issuer)
    for (const alias of aliases) add(name, [alias + tokenEndpoint.slice(issuerPath.length), ...publishedPaths(alias, tokenProfile)])
    add(name, publishedPaths(issuerPath, tokenProfile))
  }
  const { name, issuerPath, tokenProfile } = operatorsRealm('')
  add(name, publishedPaths(issuerPath, tokenProfile))
  return paths
}
