// countersign key: the keys with which a realm signs its tokens.
import { Command } from 'commander'
import type { OperationInput } from '@countersign/admin'
import { addRewrap } from './key-encryption-key.ts'
import { addList, addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { describeChange, nextStepOf, warnOfOutage } from './describe-signing-key.ts'
import { openAdminClient } from './operator-session.ts'
import { refuseOpenFile } from './secret-file.ts'
import { given, inQuery, readText } from './values.ts'

type Import = OperationInput<'signingKeys.import'>
type Imported = NonNullable<Import['body']>
type Algorithm = NonNullable<Imported['algorithm']>

const about = `
The states of a key: staged (published, signs nothing yet), active (signs), retiring (published until its last token has expired),
retired. A key in any state can be marked compromised. The server stages, activates and retires keys by itself, as often as
"signingKeys" of the realm says; one key is always in reserve.

A planned rotation, in which the reserve takes over:
  countersign key list --realm nt24-idp             which key is in reserve, and from when it may sign
  countersign key activate KEY_ID --realm nt24-idp

An emergency: the private key is known to others.
  countersign key compromise KEY_ID --realm nt24-idp --reason 'Found in a backup that was published'

docs/keys.md leads through both, and through a new algorithm and the import of a key of another server.`

export function keyCommand(): Command {
  const command = new Command('key')
    .summary('List, rotate, revoke and import the keys that sign tokens')
    .description(
      'List, rotate, revoke and import the keys with which a realm signs its tokens. For keys of clients: "countersign client key"',
    )
    .addHelpText('after', about)

  addList(command, {
    usage: 'list',
    operation: 'signingKeys.list',
    example: 'key list --realm nt24-idp',
    options: (list) => inRealm(list).option('--ended', 'include keys that are retired or compromised'),
    input: ({ realm, ended }: RealmOptions & { ended?: boolean }) => ({ params: { realm }, query: { ended: inQuery(ended) } }),
    columns: {
      'KEY ID': ({ keyId }) => keyId,
      ALGORITHM: ({ algorithm }) => algorithm,
      STATE: ({ state, reserve }) => (reserve ? `${state} (reserve)` : state),
      ORIGIN: ({ origin }) => origin,
      AGE: ({ ageSeconds }) => formatAge(ageSeconds),
      PUBLISHED: ({ publishedAt }) => publishedAt ?? 'before',
      ACTIVATED: ({ activatedAt }) => activatedAt ?? 'never',
      'CERTIFICATE ENDS': ({ certificates }) => certificates[0]?.expiresAt ?? '-',
      NEXT: (key) => nextStepOf(key),
    },
  })

  addOperation(command, {
    usage: 'stage',
    operation: 'signingKeys.stage',
    description:
      'Make a key and publish it, so that verifiers know it before it signs. It can be activated when it has been published for "publishBefore" of the realm. The server does so by itself for the next rotation; use this for an additional key in reserve, or to rotate now',
    example: 'key stage --realm nt24-idp',
    options: (stage) => inRealm(stage).option('--algorithm <name>', "algorithm of the key; that of the realm's own tokens if omitted"),
    input: (options: RealmOptions & { algorithm?: Algorithm }) => ({
      params: { realm: options.realm },
      body: { algorithm: options.algorithm },
    }),
    text: describeChange,
  })

  addOperation(command, {
    usage: 'activate <key-id>',
    operation: 'signingKeys.activate',
    description:
      'Sign with a staged key from now on. The key that signed before retires: its tokens stay valid, and it stays published until the last one has expired. Fails while verifiers may not know the key yet; --emergency waits only until every node publishes it',
    example: 'key activate Dx2Vh3bZ0mYlWkq1c9R6tPz8nE5uJfAoBsQyLgXrT4w --realm nt24-idp',
    options: (activate) =>
      inRealm(activate).option(
        '--emergency',
        'activate the key although verifiers may not know it yet, which then reject its tokens; requires --reason',
      ),
    input: (options: RealmOptions & { emergency?: boolean }, key) => ({
      params: { realm: options.realm, key: key! },
      body: { emergency: options.emergency },
    }),
    text: describeChange,
  })

  addOperation(command, {
    usage: 'retire <key-id>',
    operation: 'signingKeys.retire',
    description:
      'Remove a retiring key from the JWKS, and erase its private key, when all its tokens have expired. The server does so by itself. To end an active key, activate another one; to end a key before its time, use "key compromise"',
    example: 'key retire Dx2Vh3bZ0mYlWkq1c9R6tPz8nE5uJfAoBsQyLgXrT4w --realm nt24-idp',
    input: ({ realm }, key) => ({ params: { realm, key: key! } }),
    text: describeChange,
  })

  addOperation(command, {
    usage: 'compromise <key-id>',
    operation: 'signingKeys.compromise',
    description:
      'Reject all tokens that were signed with a key, from now on, and erase its private key (emergency). If it was active, the key in reserve signs from the next request on. Verifiers other than the guards of Countersign accept its tokens until they fetch the JWKS again. Also removes a staged key that is not wanted',
    example: "key compromise Dx2Vh3bZ0mYlWkq1c9R6tPz8nE5uJfAoBsQyLgXrT4w --realm nt24-idp --reason 'Found in a published backup'",
    input: ({ realm }, key) => ({ params: { realm, key: key! } }),
    warning: (options, key) => findOutage(options, key!),
    text: describeChange,
  })

  addOperation(command, {
    usage: 'import <file>',
    operation: 'signingKeys.import',
    description:
      'Import a private key of another server, to sign with. The file has it in PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK; "-" reads standard input. No other user of this machine may have access to the file. The key is sent to the server and stored encrypted; it is never shown, logged or audited',
    example: 'key import realm-key.pem --realm nt24-idp --key-id FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE --already-published',
    options: (importing) =>
      inRealm(importing)
        .option('--key-id <kid>', 'id under which verifiers know the key; by default that of the JWK, or the thumbprint of the key')
        .option('--algorithm <name>', 'algorithm of the key; by default that of the JWK or of its curve, RS256 for an RSA key')
        .option('--certificates <file>', 'certificates of the key in PEM, its own first, each signed by the next')
        .option('--already-published', 'all verifiers know the key already, so it can be activated as soon as every server publishes it'),
    input: (options: ImportOptions, file) => ({ params: { realm: options.realm }, body: readImport(options, file!) }),
    text: describeChange,
  })

  addRewrap(command, 'key rewrap')
  return command
}

/** In an emergency nothing is worse than a command that stops because of its warning. */
async function findOutage(options: RealmOptions, key: string): Promise<string | undefined> {
  const listing = openAdminClient(options).call('signingKeys.list', { params: { realm: options.realm }, query: {} })
  return listing.then(({ items }) => warnOfOutage(items, key, Date.now())).catch(() => undefined)
}

type ImportOptions = RealmOptions & {
  readonly keyId?: string
  readonly algorithm?: Algorithm
  readonly certificates?: string
  readonly alreadyPublished?: boolean
}

/** @throws CommandError for a file that all users may read */
function readImport({ keyId, algorithm, certificates, alreadyPublished }: ImportOptions, file: string): Imported {
  if (file !== '-') refuseOpenFile(file, 'key')
  return {
    key: readText(file),
    keyId,
    algorithm,
    certificates: given((_option, name) => readText(name), '--certificates', certificates),
    alreadyPublished,
  }
}

/** In the largest unit of which there are two, so that "36h" is not one day. */
function formatAge(seconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const)
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)}${unit}`
  return `${seconds}s`
}
