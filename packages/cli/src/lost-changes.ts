// The changes that a backup does not contain, each as the command that reapplies it. Only changes that granted something are listed:
// "countersign restore" reapplies revocations itself.
import { shellWord } from '@countersign/admin'
import { isSigningAlgorithm } from '@countersign/protocol'
import type { ChangeDetails, ChangeKind, LostEvent as ExportedEvent, RemovedRow } from '@countersign/server'
import { readText } from './values.ts'
import { CommandError } from './output.ts'

export type { LostEvent as ExportedEvent } from '@countersign/server'

export interface LostChange {
  readonly at: string
  readonly kind: string
  /** A command, or an instruction where no command can be generated. */
  readonly redo: string
}

/** Reads the output of "countersign audit export". @throws CommandError */
export function readExport(file: string): ExportedEvent[] {
  const lines = readText(file)
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line, index) => {
    try {
      const event = JSON.parse(line) as ExportedEvent
      if (typeof event.id === 'string' && typeof event.kind === 'string' && typeof event.detail === 'object') return event
    } catch {
      // Reported below.
    }
    throw new CommandError(`Line ${index + 1} of "${file}" is not an event of the audit log.`, {
      reason: 'local',
      next: 'Pass a file that "countersign audit export" wrote.',
    })
  })
}

/** Changes that recur automatically or are obsolete: all earlier tokens are rejected anyway. */
const nothingToDo: ReadonlySet<string> = new Set<ChangeKind>([
  'secrets.remind',
  'rotation.prove',
  'rotation.end',
  'store.restored',
  'store.failover',
  'audit.archive',
  'audit.remove',
  'token.revocation',
  'organizations.cutTokens',
  'organizations.lowerCut',
  'clients.lowerCut',
  // What was approved has an event of its own; integrators ask again.
  'accessRequests.create',
  'accessRequests.approve',
  'accessRequests.decline',
  'accessRequests.withdraw',
  'accessRequests.makeClient',
  // A restore ends all sessions.
  'sessions.end',
  // The rotation stages and activates again what the backup lacks.
  'signingKeys.stage',
  'signingKeys.activate',
  'signingKeys.retire',
])

/** Changes, oldest first; issued tokens and denied requests are not changes. */
export function listLostChanges(events: readonly ExportedEvent[]): LostChange[] {
  /** Clients whose new secret is not in the backup: the later steps of their rotation are obsolete. */
  const rotated = new Set<string>()
  return events
    .filter(({ outcome, kind, detail }) => outcome === 'success' && 'by' in detail && !nothingToDo.has(kind))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((event) => {
      const client = `${event.realm} ${event.clientId}`
      if (event.kind.startsWith('rotation.') && rotated.has(client)) return []
      if (event.kind === 'rotation.start') rotated.add(client)
      return [{ at: event.at, kind: event.kind, redo: redo(event) }]
    })
}

/** The command or instruction that reapplies a change. */
export function redo(event: ExportedEvent): string {
  const { detail } = event
  const written = (commands as Readonly<Record<string, WriteCommand<ExportedEvent>>>)[event.kind]?.(event)
  if (written !== undefined)
    return `countersign ${written}${reasonOf(event)}${ofAllRealms.has(event.kind) ? '' : ` --realm ${event.realm}`}`
  const what = { realm: event.realm, organization: event.organizationId, client: event.clientId, ...detail, by: undefined }
  return `by hand: ${JSON.stringify(what)}`
}

const ofAllRealms: ReadonlySet<string> = new Set<ChangeKind>([
  'audit.removeName',
  'pepper.retire',
  'keyEncryptionKey.rewrap',
  'keyEncryptionKey.retire',
])

type WriteCommand<Event> = (event: Event) => string | undefined

/** With the members that an event of its kind has, and whatever stands in them: an export may be of any age. */
type EventOf<Kind extends ChangeKind> = Omit<ExportedEvent, 'detail'> & {
  readonly detail: { readonly [Member in keyof ChangeDetails[Kind]]?: unknown }
}

/** The arguments after "countersign", without the reason and the realm; undefined if a command cannot express the event. */
const commands: { readonly [Kind in ChangeKind]?: WriteCommand<EventOf<Kind>> } = {
  'organizations.suspend': ({ organizationId }) => `organization suspend ${organizationId}`,
  'organizations.resume': ({ organizationId }) => `organization resume ${organizationId}`,
  'organizations.delete': ({ organizationId }) => `organization delete ${organizationId} --yes`,
  'partners.withdraw': ({ organizationId, detail }) => `partner withdraw ${String(detail.partner)} --organization ${organizationId}`,
  'clients.create': ({ clientId, organizationId, detail: { signingAlgorithm, operatorRealms } }) =>
    // Created so, an operator would have no limits.
    operatorRealms
      ? undefined
      : `client create --client-id ${wordOf(clientId)} --organization ${organizationId}${isSigningAlgorithm(signingAlgorithm) ? ` --signing-algorithm ${signingAlgorithm}` : ''}`,
  'clients.update': ({ clientId, detail: { enabled, serviceAccountEnabled, ...rest } }) => {
    if (Object.keys(rest).some((member) => member !== 'by' && member !== 'reason')) return undefined
    if (enabled !== undefined && serviceAccountEnabled !== undefined) return undefined
    if (enabled !== undefined) return `client ${enabled === true ? 'enable' : 'disable'} ${wordOf(clientId)}`
    return `client update ${wordOf(clientId)} --service-account ${serviceAccountEnabled === true ? 'on' : 'off'}`
  },
  'clients.delete': ({ clientId }) => `client delete ${wordOf(clientId)} --yes`,
  'people.setRole': ({ organizationId, detail }) =>
    `person set-role ${String(detail.person)} --organization ${organizationId} --role ${String(detail.role)}`,
  'people.remove': ({ organizationId, detail }) => `person remove ${String(detail.person)} --organization ${organizationId} --yes`,
  // The secret is not in the log.
  'identityProviders.remove': ({ organizationId }) => `identity-provider remove ${organizationId} --yes`,
  // The link is lost with the invitation, and so is the passkey of the person who accepted one.
  'invitations.create': ({ organizationId, detail }) => `invitation create --organization ${organizationId} --role ${String(detail.role)}`,
  'people.join': ({ organizationId, detail }) => `invitation create --organization ${organizationId} --role ${String(detail.role)}`,
  'invitations.withdraw': ({ organizationId, detail }) =>
    `invitation withdraw ${String(detail.invitation)} --organization ${organizationId}`,
  // The new secret is lost together with the rotation.
  'rotation.start': ({ clientId }) => `secret rotate ${wordOf(clientId)}`,
  'rotation.confirm': ({ clientId }) => `secret confirm ${wordOf(clientId)} --force`,
  'rotation.cancel': ({ clientId }) => `secret cancel ${wordOf(clientId)}`,
  'keys.setUri': ({ clientId, detail }) => `client jwks-uri ${wordOf(clientId)} ${wordOf(String(detail.jwksUri))}`,
  'keys.remove': ({ clientId, detail }) => `client key remove ${wordOf(clientId)} ${String(detail.publicKeyId)} --force --yes`,
  'signingKeys.compromise': ({ detail }) => `key compromise ${wordOf(String(detail.keyId))} --yes`,
  'pepper.retire': ({ detail }) => (detail.retired === true ? `pepper retire ${Number(detail.pepperVersion)} --yes` : undefined),
  'keyEncryptionKey.rewrap': () => 'key-encryption-key rewrap',
  'keyEncryptionKey.retire': ({ detail }) => `key-encryption-key retire ${Number(detail.keyEncryptionKeyVersion)} --yes`,
  'audit.removeName': ({ detail: { rows } }) => removeNamesAgain(rows),
  'secrets.revoke': ({ clientId, detail }) =>
    `secret revoke ${wordOf(clientId)} ${String(detail.endedSecretId)}${detail.cutTokens === false ? ' --keep-tokens' : ''} --yes`,
}

/** The backup has the names again. One command for each set of members. */
function removeNamesAgain(rows: unknown): string | undefined {
  const removed = Array.isArray(rows) ? (rows as readonly Partial<RemovedRow>[]) : []
  const byMembers = Map.groupBy(removed, ({ members = [] }) => members.map(shellWord).join(' '))
  const commands = [...byMembers].map(
    ([members, of]) =>
      `audit remove-name --config FILE --event ${of.map(({ event }) => shellWord(String(event))).join(' ')} --member ${members} --yes`,
  )
  return commands.length === 0 ? undefined : commands.join(' && countersign ')
}

/** What is forced requires one. */
const reasonsIfNone: Readonly<Record<string, string>> = {
  'rotation.confirm': 'Again, after a restore',
  'keys.remove': 'Again, after a restore',
} satisfies { readonly [Kind in ChangeKind]?: string }

function reasonOf({ kind, detail: { reason = reasonsIfNone[kind] } }: ExportedEvent): string {
  if (typeof reason !== 'string' || kind === 'audit.removeName') return ''
  return ` --reason '${reason.replaceAll("'", `'\\''`)}'`
}

function wordOf(clientId: string | null): string {
  return shellWord(String(clientId))
}
