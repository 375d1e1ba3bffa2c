// What to use instead of the parts of Keycloak's admin API that are not offered, for its tools to show.
import { isKeycloakPath, keycloakPath } from '../../http/keycloak-paths.ts'

/** The first that fits: a method and the path after the realm, and the command without its realm. */
const commands: readonly (readonly [method: RegExp, rest: RegExp, command: string])[] = [
  [/./, /^clients\/[^/]+\/client-secret\/rotated$/, 'secret confirm <client-id>'],
  [/./, /^clients\/[^/]+\/client-secret$/, 'secret rotate <client-id>'],
  [/POST/, /^clients\/?$/, 'client create'],
  [/DELETE/, /^clients\/[^/]+$/, 'client delete <client-id>'],
  [/PUT|PATCH/, /^clients\/[^/]+$/, 'client update <client-id>'],
  [/GET|HEAD/, /^clients\/[^/]+$/, 'client show <client-id>'],
  [/./, /^clients/, 'client list'],
]

/** The remedy for a method and path that do not exist below Keycloak's admin paths; undefined elsewhere. */
export function findOurCommand(method: string, path: string): string | undefined {
  if (!isKeycloakPath(path)) return undefined
  const [realm = '', ...rest] = path.slice(keycloakPath.length + 1).split('/')
  const command = commands.find(([of, at]) => of.test(method) && at.test(rest.join('/')))?.[2]
  const all = '"countersign --help" lists the commands, and the admin API is below /admin/v1.'
  if (command === undefined) return `This part of Keycloak's admin API is not offered here. ${all}`
  return `Use "countersign ${command} --realm ${/^[\w.-]{1,64}$/.test(realm) ? realm : '<realm>'}" instead. ${all}`
}
