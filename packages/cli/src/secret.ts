// countersign secret: rotation of client secrets without an outage, and emergency revocation.
import { Command } from 'commander'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { publicKeyKind } from '@countersign/protocol'
import { describeSecret } from './client.ts'
import { programOf } from './cut-offs.ts'
import { addRotations } from './list-rotations.ts'
import { findSecretId } from './named-secret.ts'
import { addList, addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { CommandError, formatFacts, formatTable } from './output.ts'
import type { ReasonOptions } from './reason-option.ts'
import { addOwnRotationOptions, ownRotationExample, rotateOwnSecret, type RotateOwnSecretOptions } from './rotate-own-secret.ts'
import { given, parseDuration, parseInstant } from './values.ts'

type Rotation = OperationOutput<'rotation.confirm'> & Partial<Pick<OperationOutput<'rotation.get'>, 'endAdvisedAt'>>

type RotateOptions = RealmOptions & ReasonOptions & RotateOwnSecretOptions & { readonly secretExpiresAt?: string; readonly force?: boolean }

export function secretCommand(): Command {
  const command = new Command('secret')
    .description('Rotate and revoke the secrets of clients')
    .addHelpText('after', '\nExample:\n  countersign secret rotate api-client-acme --realm nt24-idp --window 7d')
  const key = ({ realm }: RealmOptions, client: string) => ({ realm, client })

  addOperation(command, {
    usage: 'rotate [client-id]',
    description:
      'Start a rotation: create a second secret, which is printed once. Both secrets are valid until the window ends. ' +
      'With --auto, a client rotates its own secret and confirms the rotation',
    operation: 'rotation.start',
    example: 'secret rotate api-client-acme --realm nt24-idp --window 7d\n  ' + ownRotationExample,
    options: (rotate) =>
      addOwnRotationOptions(
        rotate
          .option('--realm <name>', 'name of the realm')
          .option('--window <duration>', 'time for which the old secret stays valid, for example "7d"; the default of the realm if omitted')
          .option('--secret-expires-at <instant>', 'expiry of the new secret; by default it gets the same lifetime as the old one')
          .option('--force', 'replace a rotation in progress: its new secret ends if it was never used, otherwise its old one'),
      ),
    instead: (options: RotateOptions, client) => {
      refuseMixture(options, client)
      return options.auto ? rotateOwnSecret(options) : undefined
    },
    input: (options: RotateOptions, client) => ({
      params: key(options, client),
      body: {
        window: given(parseDuration, '--window', options.window),
        secretExpiresAt: given(parseInstant, '--secret-expires-at', options.secretExpiresAt),
        force: options.force,
      },
    }),
    text: ({ clientSecret, ended, ...rotation }, options) =>
      [
        describe(rotation, options),
        ...(ended ? [`The ${ended.state} secret …${ended.lastFour} has ended, because a client can have at most two secrets.`] : []),
        describeSecret(clientSecret, ifLost(rotation, options)),
        nextAfterStart(rotation, options),
      ].join('\n\n'),
  })

  addOperation(command, {
    usage: 'status <client-id>',
    operation: 'rotation.get',
    example: 'secret status api-client-acme --realm nt24-idp',
    input: (options, client) => ({ params: key(options, client) }),
    text: describe,
  })

  addOperation(command, {
    usage: 'confirm <client-id>',
    description:
      'Confirm a rotation: end the old secret now. Fails if the new secret has not been used yet, or if the old one was used recently, unless --force is given',
    operation: 'rotation.confirm',
    example: 'secret confirm api-client-acme --realm nt24-idp',
    options: (confirm) =>
      inRealm(confirm).option('--force', 'confirm even if the old secret is in use or the new one was never used; requires --reason'),
    input: (options: RealmOptions & { force?: boolean }, client) => ({ params: key(options, client), body: { force: options.force } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'cancel <client-id>',
    description:
      'Cancel a rotation: end the new secret now, keep the old one. Fails if the new secret was used recently; in an emergency, revoke it instead',
    operation: 'rotation.cancel',
    example: "secret cancel api-client-acme --realm nt24-idp --reason 'ticket 4711'",
    input: (options, client) => ({ params: key(options, client) }),
    text: describe,
  })

  addOperation(command, {
    usage: 'extend <client-id>',
    description: 'Extend the window of a rotation: keep the old secret valid for longer. To end it sooner, confirm the rotation',
    operation: 'rotation.extend',
    example: 'secret extend api-client-acme --realm nt24-idp --window 3d',
    options: (extend) => inRealm(extend).requiredOption('--window <duration>', 'new length of the window from now, for example "3d"'),
    input: (options: RealmOptions & { window: string }, client) => ({
      params: key(options, client),
      body: { window: parseDuration('--window', options.window) },
    }),
    text: describe,
  })

  addOperation(command, {
    usage: 'revoke <client-id> <secret>',
    description:
      'Revoke a secret immediately, even if it is in use (emergency). It is named by its id or by its last four characters, as "secret uses" and "secret status" show them. All tokens of the client issued before now are rejected, too, unless --keep-tokens is given',
    operation: 'secrets.revoke',
    example: `secret revoke api-client-acme 0UXA --realm nt24-idp --reason 'found in a public repository'`,
    options: (revoke) =>
      inRealm(revoke).option('--keep-tokens', 'keep the tokens of the client valid; use it only if the secret was never disclosed'),
    input: async (options: RealmOptions & { reason: string; keepTokens?: boolean }, client, secret) => ({
      params: { ...key(options, client), secret: await findSecretId(secret, client, options) },
      body: { reason: options.reason, cutTokens: options.keepTokens !== true },
    }),
    text: describe,
  })

  addRotations(command)

  addList(command, {
    usage: 'due',
    operation: 'secrets.due',
    example: 'secret due --realm nt24-idp',
    input: ({ realm }) => ({ params: { realm } }),
    columns: {
      'CLIENT ID': ({ client }) => client,
      ORGANIZATION: ({ organization }) => organization,
      SECRET: ({ secret }) => `…${secret.lastFour}`,
      WHY: ({ reason, inUse, secret }) => {
        const why = {
          age: 'is old',
          expires: 'expires soon',
          window: 'rotation ends, new secret unused',
          rotation: 'rotation ends, new secret used',
        }[reason]
        return inUse && secret.state === 'old' ? `${why}, old secret still in use` : why
      },
      DUE: ({ dueAt }) => dueAt,
      'LAST USED': ({ secret }) => secret.lastUsedAt ?? 'never',
      FROM: ({ usedFrom = [], usedFromTotal = usedFrom.length }) => {
        const shown = usedFrom.map((one) => `${one.address ?? 'other addresses'} (${programOf(one)})`)
        return [...shown, ...(usedFromTotal > shown.length ? [`and ${usedFromTotal - shown.length} more`] : [])].join(', ')
      },
    },
    shorten: ['FROM', 'LAST USED', 'ORGANIZATION'],
    none: ({ realm }) =>
      `None: no secret in use in "${realm}" has reached the reminder age of the realm or expires within 14 days, and no rotation ends within 14 days.\nNext: "countersign organization due --realm ${shellWord(realm)}" also looks at keys and agreements.`,
    note: ({ items }, { realm }) =>
      items.some(({ usedFrom = [] }) => usedFrom.length > 0)
        ? `FROM: the last five addresses and programs that used the secret, at any time. When, and all of them: countersign secret uses CLIENT-ID --realm ${shellWord(realm)}`
        : undefined,
  })

  addList(command, {
    usage: 'uses [client-id]',
    operation: 'credentials.uses',
    description:
      'List from where and by which programs the secrets and keys of a client, or of a whole realm, were used: the last use first, also of those that have ended. During a rotation one of the two secrets of a client is "new", the other "old". After a leak it shows which address should not be there. Uses are up to 10 seconds old',
    example: 'secret uses api-client-acme --realm nt24-idp',
    input: ({ realm }: RealmOptions, client: string | undefined) => ({ params: { realm }, query: { client } }),
    none: ({ realm }, client) =>
      `None: no use of a credential in "${realm}"${client === undefined ? '' : ` of "${client}"`} is known; uses are written every 10 seconds and kept for 400 days.\nNext: ${client === undefined ? 'run the command again after the first token.' : `countersign secret status ${shellWord(client)} --realm ${realm}`}`,
    columns: {
      'CLIENT ID': ({ client }) => client,
      ORGANIZATION: ({ organization }) => organization ?? '(deleted)',
      CREDENTIAL: ({ credential: { kind, label, id } }) => (kind === publicKeyKind ? `key ${label ?? id}` : `…${label}`),
      STATE: ({ credential: { state } }) => state,
      CREATED: ({ credential: { createdAt } }) => createdAt ?? 'not known',
      ADDRESS: ({ address }) => address ?? '(others)',
      PROGRAM: ({ userAgent }) => userAgent ?? '(others)',
      FIRST: ({ firstAt }) => firstAt,
      LAST: ({ lastAt }) => lastAt,
      COUNT: ({ count }) => String(count),
    },
    shorten: ['FIRST', 'ORGANIZATION', 'CREATED', 'STATE'],
    note: ({ items }, { realm }) => describeRevocation(items, realm),
  })

  return command
}

/** The command has two kinds of users: the operator names a client and its realm, a client names its own credentials. */
function refuseMixture({ auto, realm, server, secretExpiresAt, force, reason, ...own }: RotateOptions, client: string | undefined): void {
  const next = 'Run "countersign secret rotate --help" for its options and examples.'
  const wrong = auto
    ? {
        'client-id': client,
        '--realm': realm,
        '--server': server,
        '--secret-expires-at': secretExpiresAt,
        '--force': force,
        '--reason': reason,
      }
    : {
        '--save-to': own.saveTo,
        '--token-url': own.tokenUrl,
        '--issuer': own.issuer,
        '--rotation-url': own.rotationUrl,
        '--client-id': own.clientId,
        '--if-due': own.ifDue,
        '--no-wait': own.wait === false || undefined,
      }
  const [found] = Object.entries(wrong).find(([, value]) => value !== undefined) ?? []
  if (found !== undefined) throw new CommandError(`"${found}" ${auto ? 'cannot be used with' : 'requires'} --auto.`, { next })
  if (!auto && client === undefined) throw new CommandError("missing required argument 'client-id'", { next })
  if (!auto && realm === undefined) throw new CommandError("required option '--realm <name>' not specified", { next })
}

/** What to pass to end a secret that is used from where it should not be: for one client the whole command. */
function describeRevocation(uses: OperationOutput<'credentials.uses'>['items'], realm: string): string | undefined {
  const secrets = uses.filter(({ credential: { kind, state } }) => kind !== publicKeyKind && state !== 'ended')
  const clients = new Set(secrets.map(({ client }) => client))
  const [client = 'CLIENT-ID'] = clients.size === 1 ? clients : []
  const labels = clients.size === 1 ? new Set(secrets.map(({ credential }) => credential.label ?? credential.id)) : ['CREDENTIAL']
  if (secrets.length === 0) return undefined
  const commands = [...labels].map((label) => {
    // With a dash in front it would be an option.
    const named = shellWord(label.startsWith('-') ? `…${label}` : label)
    return `  countersign secret revoke ${shellWord(client)} ${named} --realm ${shellWord(realm)} --reason 'why'`
  })
  return ['To end a secret that leaked, and all tokens of its client, at once:', ...commands].join('\n')
}

/** If the client had no secret left, there is nothing to confirm or cancel. */
function nextAfterStart({ client, state }: Rotation, { realm }: RealmOptions): string {
  return state === 'stable'
    ? 'Next: configure the backend with the new secret. Until then it gets no tokens.'
    : `Next: when all instances use the new secret, run:\n  countersign secret confirm ${shellWord(client)} --realm ${realm}`
}

function ifLost({ client, state, secrets }: Rotation, { realm }: RealmOptions): string {
  return state === 'stable'
    ? `Revoke it, then start a new rotation: countersign secret revoke ${shellWord(client)} ${secrets[0]?.id} --realm ${realm} --reason 'lost'`
    : `Cancel the rotation, then start a new one: countersign secret cancel ${shellWord(client)} --realm ${realm}`
}

function describe(
  { client, state, secrets, startedBy, windowEndsAt, maxWindowEndsAt, confirmableAt, endAdvisedAt = null, due }: Rotation,
  { realm }: RealmOptions,
): string {
  if (secrets.length === 0)
    return `${formatFacts([
      ['client', client],
      ['secrets', 'none: the client cannot get tokens, unless it has a key'],
    ])}\n\nNext: countersign secret rotate ${shellWord(client)} --realm ${realm}`
  const states = {
    stable: 'stable: no rotation is in progress',
    issued: 'issued: the new secret has not been used yet',
    overlapping: 'overlapping: the new secret has been used',
  }
  const facts = [
    ['client', client],
    ['rotation', states[state]],
    ['started by', startedBy],
    ['window ends', windowEndsAt],
    ['extendable to', maxWindowEndsAt],
    ['confirmable from', confirmableAt],
    ['advised from', endAdvisedAt === confirmableAt ? null : endAdvisedAt],
    ['reminder', state !== 'overlapping' ? `${due.remindAt}${due.isDue ? ', due now' : ''}` : null],
  ] as const
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  const rows = secrets.map(({ id, lastFour, state, createdAt, firstUsedAt, lastUsedAt, expiresAt }) => [
    id,
    `…${lastFour}`,
    state,
    createdAt,
    firstUsedAt ?? 'never',
    lastUsedAt ?? 'never',
    expiresAt ?? 'never',
  ])
  return `${formatFacts(shown)}\n\n${formatTable(['SECRET', 'LAST FOUR', 'STATE', 'CREATED', 'FIRST USED', 'LAST USED', 'EXPIRES'], rows)}`
}
