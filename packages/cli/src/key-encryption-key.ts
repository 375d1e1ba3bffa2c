// countersign key-encryption-key: the key that encrypts private signing keys in the store, in versions.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addRotate, describeNodes, describeRest, nextOf, parseVersion, removeFromFile } from './key-ring-commands.ts'
import { addOperation, confirm } from './operator-command.ts'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { formatTable, printResult } from './output.ts'
import { addReason, withReason, type ReasonOptions } from './reason-option.ts'

const ring = { purpose: 'key-encryption key', setting: 'keyEncryptionKey' } as const

export function keyEncryptionKeyCommand(): Command {
  const command = new Command('key-encryption-key')
    .description('Rotate the key-encryption key, which encrypts private signing keys in the store')
    .addHelpText(
      'after',
      `
A rotation, while the servers serve:
  countersign key-encryption-key rotate --config countersign.yaml    adds a version; then copy the file to all nodes and send SIGHUP
  countersign key-encryption-key status                              shows the nodes that have it
  countersign key-encryption-key rewrap                              encrypts all private keys under it
  countersign key-encryption-key retire 1 --config countersign.yaml  ends the old version

docs/keys.md leads through it.`,
    )
  addRotate(command, 'rotate', {
    ...ring,
    command: 'key-encryption-key rotate',
    afterwards: `Watch it: "countersign key-encryption-key status". When every node has the version, run "countersign key-encryption-key rewrap",
   then retire the version before: "countersign key-encryption-key retire".`,
  })
  addOperation(command, {
    usage: 'status',
    operation: 'keyEncryptionKey.get',
    example: 'key-encryption-key status',
    options: (status) => status,
    input: () => ({ params: {} }),
    text: describe,
  })
  addRewrap(command, 'key-encryption-key rewrap')
  addRetire(command)
  return command
}

/** @param example the rest of the command line after "countersign " */
export function addRewrap(command: Command, example: string): void {
  addOperation(command, {
    usage: 'rewrap',
    operation: 'keyEncryptionKey.rewrap',
    example,
    options: (rewrap) => rewrap,
    input: () => ({ params: {} }),
    text: ({ keyVersion, rewrapped, unreadable }) =>
      [
        `Private keys that were encrypted anew: ${rewrapped}. The current version of the key-encryption key is ${keyVersion}.`,
        ...unreadable.map(
          ({ realm, keyId }) => `The key ${keyId} of the realm ${realm} cannot be decrypted: it was altered, and stays as it is.`,
        ),
        'Next: countersign key-encryption-key status',
      ].join('\n'),
  })
}

interface RetireOptions extends SessionOptions, ReasonOptions {
  readonly config?: string
  readonly yes?: boolean
}

function addRetire(command: Command): void {
  const retiring = withReason(forOperators(command.command('retire <version>')), 'keyEncryptionKey.retire')
  retiring
    .summary('Retire a version of the key-encryption key, once no private key is encrypted under it')
    .description(
      'Retire a version of the key-encryption key: no server needs it afterwards. Fails while a private key is encrypted under it. With --config the version is then removed from the file of the key on this machine',
    )
    .option('--config <file>', 'configuration file of a server on this machine, whose key file is changed')
    .option('--yes', 'skip the confirmation prompt')
    .addHelpText(
      'after',
      `
If it was interrupted, run it again: it goes on where it stopped. Backups of the store from before need the retired version.

Example:
  countersign key-encryption-key retire 1 --config countersign.yaml`,
    )
    .action(async (text: string, options: RetireOptions) => {
      const version = parseVersion(text)
      if (!options.yes) await confirm(retiring, text)
      await openAdminClient(options).call('keyEncryptionKey.retire', addReason({ params: { version } }, options))
      const done = options.config === undefined ? undefined : await removeFromFile(ring, version, options.config)
      printResult(options.json, { version, retired: true, file: done ?? null }, () =>
        [`Version ${version} of the key-encryption key is retired.`, describeRest('key-encryption-key', version, done)].join('\n'),
      )
    })
}

function describe({ versions, nodes, current }: OperationOutput<'keyEncryptionKey.get'>): string {
  const rows = versions.map(({ version, state, keys }) => [String(version), state, String(keys)])
  const next = versions.flatMap((one) => [...nextOf('key-encryption-key', [one], nodes), ...nextOfOld(one, current)])
  return [
    formatTable(['VERSION', 'STATE', 'PRIVATE KEYS'], rows),
    describeNodes(nodes),
    ...(next.length > 0 ? [next.join('\n')] : []),
  ].join('\n\n')
}

function nextOfOld({ version, state, keys }: OperationOutput<'keyEncryptionKey.get'>['versions'][number], current: number): string[] {
  if (state !== 'old') return []
  if (keys > 0)
    return [
      `Private keys under version ${version} instead of ${current}: ${keys}. To encrypt them anew: countersign key-encryption-key rewrap`,
    ]
  return [`Nothing depends on version ${version}: countersign key-encryption-key retire ${version} --config countersign.yaml`]
}
