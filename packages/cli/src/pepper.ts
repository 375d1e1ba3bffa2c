// countersign pepper: the key of the secret digests, in versions.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addRotate, describeNodes, describeRest, nextOf, parseVersion, removeFromFile } from './key-ring-commands.ts'
import { addList, addOperation, confirm } from './operator-command.ts'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError, formatTable, printResult } from './output.ts'
import { addReason, withReason, type ReasonOptions } from './reason-option.ts'

const ring = { purpose: 'secret pepper', setting: 'secretPepper' } as const

export function pepperCommand(): Command {
  const command = new Command('pepper').description('Rotate the pepper, which is the key of the digests of client secrets').addHelpText(
    'after',
    `
A rotation, which no client notices:
  countersign pepper rotate --config countersign.yaml    adds a version; then copy the file to all nodes and send SIGHUP
  countersign pepper status                              shows the nodes that have it, and what is left of old versions
  countersign pepper clients 1                           lists the clients that have not used their secret since
  countersign pepper retire 1 --config countersign.yaml  ends the old version, once nothing depends on it

docs/keys.md leads through it.`,
  )
  addRotate(command, 'rotate', {
    ...ring,
    command: 'pepper rotate',
    afterwards: `Watch it: "countersign pepper status". When every node has the version, new secrets are made with it, and every other
   secret moves to it at its next use. Then retire the version before: "countersign pepper retire".`,
  })
  addOperation(command, {
    usage: 'status',
    operation: 'pepper.get',
    example: 'pepper status',
    options: (status) => status,
    input: () => ({ params: {} }),
    text: describe,
  })
  addList(command, {
    usage: 'clients <version>',
    operation: 'pepper.clients',
    example: 'pepper clients 1 --realm nt24-idp',
    options: (clients) => clients.option('--realm <name>', 'filter by realm'),
    input: ({ realm }: SessionOptions & { realm?: string }, version) => ({ params: { version: parseVersion(version!) }, query: { realm } }),
    columns: {
      REALM: ({ realm }) => realm,
      'CLIENT ID': ({ client, enabled }) => (enabled ? client : `${client} (disabled)`),
      ORGANIZATION: ({ organization }) => organization,
      SECRET: ({ secret }) => `…${secret.lastFour}`,
      'LAST USED': ({ secret }) => secret.lastUsedAt ?? 'never',
      EXPIRES: ({ secret }) => secret.expiresAt ?? 'never',
    },
  })
  addRetire(command)
  return command
}

interface RetireOptions extends SessionOptions, ReasonOptions {
  readonly config?: string
  readonly force?: boolean
  readonly yes?: boolean
}

function addRetire(command: Command): void {
  const retiring = withReason(forOperators(command.command('retire <version>')), 'pepper.retire')
  retiring
    .summary('Retire a version of the pepper, once nothing depends on it')
    .description(
      'Retire a version of the pepper: no server needs it afterwards. Fails while a secret of a client or the audit log depends on it. With --config the version is then removed from the file of the pepper on this machine',
    )
    .option('--config <file>', 'configuration file of a server on this machine, whose pepper file is changed')
    .option('--force', 'end the secrets that still depend on the version; their clients get no tokens with them. Requires --reason')
    .option('--yes', 'skip the confirmation prompt')
    .addHelpText(
      'after',
      `
If it was interrupted, run it again: it goes on where it stopped. Backups of the store from before need the retired version.

Examples:
  countersign pepper retire 1 --config countersign.yaml
  countersign pepper retire 1 --config countersign.yaml --force --reason 'Unused since the rotation in March'`,
    )
    .action(async (text: string, options: RetireOptions) => {
      const version = parseVersion(text)
      if (options.force && options.reason === undefined)
        throw new CommandError('"--force" requires --reason.', { next: "Add --reason 'why'; the audit log records it." })
      if (!options.yes) await confirm(retiring, text)
      const ended = await retire(version, options)
      const done = options.config === undefined ? undefined : await removeFromFile(ring, version, options.config)
      printResult(options.json, { version, retired: true, ended, file: done ?? null }, () =>
        [`Version ${version} of the pepper is retired.`, ...describeEnded(ended), describeRest('pepper', version, done)].join('\n'),
      )
    })
}

type Ended = OperationOutput<'pepper.retire'>['ended']

/** Each call ends a part of the secrets. */
async function retire(version: number, options: RetireOptions): Promise<Ended> {
  const input = addReason({ params: { version }, body: { force: options.force } }, options)
  const admin = openAdminClient(options)
  const ended: Ended = []
  for (;;) {
    const answer = await admin.call('pepper.retire', input)
    ended.push(...answer.ended)
    if (answer.retired) return ended
    if (!options.json) console.error(`secrets ended: ${ended.length}, left: ${answer.remaining}`)
  }
}

function describeEnded(ended: Ended): string[] {
  if (ended.length === 0) return []
  const rows = ended.map(({ realm, client, secret }) => [realm, client, secret])
  return ['', 'Secrets that were ended:', formatTable(['REALM', 'CLIENT ID', 'SECRET'], rows), '']
}

function describe({ versions, nodes }: OperationOutput<'pepper.get'>): string {
  const rows = versions.map(({ version, state, clients, secrets, expiredSecrets, realms, auditLog }) => [
    String(version),
    state,
    String(clients),
    expiredSecrets === 0 ? String(secrets) : `${secrets}, and ${expiredSecrets} expired`,
    auditLog ? 'needs it' : '-',
    Object.entries(realms)
      .map(([realm, count]) => `${realm}: ${count}`)
      .join(', '),
  ])
  const next = versions.flatMap((one) => [...nextOf('pepper', [one], nodes), ...nextOfOld(one)])
  return [
    formatTable(['VERSION', 'STATE', 'CLIENTS', 'SECRETS', 'AUDIT LOG', 'CLIENTS BY REALM'], rows),
    describeNodes(nodes),
    ...(next.length > 0 ? [next.join('\n')] : []),
  ].join('\n\n')
}

function nextOfOld({ version, state, secrets, auditLog }: OperationOutput<'pepper.get'>['versions'][number]): string[] {
  if (state !== 'old') return []
  if (auditLog) return [`Version ${version} cannot be retired: the audit log has events that were written without an audit key.`]
  if (secrets > 0)
    return [`Version ${version} is needed by ${secrets === 1 ? '1 secret' : `${secrets} secrets`}: countersign pepper clients ${version}`]
  return [`Nothing depends on version ${version}: countersign pepper retire ${version} --config countersign.yaml`]
}
