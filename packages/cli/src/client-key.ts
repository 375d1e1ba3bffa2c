// countersign client key, countersign client jwks-uri: the public keys by which a client authenticates.
import { Command } from 'commander'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { CommandError, formatFacts, formatTable } from './output.ts'
import { readText } from './values.ts'

type Keys = OperationOutput<'keys.list'>
type KeyInput = NonNullable<OperationInput<'keys.add'>['body']>
type Algorithm = NonNullable<KeyInput['algorithm']>

const howToMakeOne = `
How a client gets a key pair; the private key stays where it is used:
  openssl genpkey -algorithm ed25519 -out private.pem
  openssl pkey -in private.pem -pubout -out public.pem`

export function addKeyCommands(client: Command): void {
  const command = client
    .command('key')
    .summary('Register, list and remove the public keys of a client')
    .description(
      'Register, list and remove the public keys of a client, by which it authenticates without a secret (private_key_jwt, RFC 7523). To rotate a key, add the new one, let all instances sign with it, and remove the old one',
    )
    .addHelpText('after', `${howToMakeOne}\n\nExample:\n  countersign client key add api-client-acme public.pem --realm nt24-idp`)

  addOperation(command, {
    usage: 'add <client-id> <file>',
    description:
      'Register a public key of a client. The file has a JWK, a JWK Set, or a public key or X.509 certificate in PEM; "-" reads standard input. The first key lets the client authenticate by keys. From the second key for one algorithm on, assertions must name their key id (kid): before you add it, make sure that the client names that of the first',
    operation: 'keys.add',
    example: 'client key add api-client-acme public.pem --realm nt24-idp',
    options: (add) =>
      inRealm(add)
        .option('--key-id <kid>', 'id by which the client names the key; by default that of the JWK, or the thumbprint of the key')
        .option('--algorithm <name>', 'the one algorithm of the key; by default that of the JWK or of its curve, RS256 for an RSA key'),
    input: ({ realm, keyId, algorithm }: RealmOptions & { keyId?: string; algorithm?: Algorithm }, client, file) => ({
      params: { realm, client: client! },
      body: { key: readKey(file!), keyId, algorithm },
    }),
    text: (output, options) => `${describe(output)}\n\n${nextAfterAdd(output, options)}`,
  })

  addOperation(command, {
    usage: 'list <client-id>',
    operation: 'keys.list',
    example: 'client key list api-client-acme --realm nt24-idp',
    input: ({ realm }, client) => ({ params: { realm, client } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'remove <client-id> <key>',
    description:
      'Remove a public key of a client, or the URL of its keys. Fails if the key is in use, or if no other key or secret was ever used, unless --force is given. Name it by the id in the column KEY of "client key list"',
    operation: 'keys.remove',
    example: "client key remove api-client-acme 0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33 --realm nt24-idp --reason 'ticket 4711'",
    options: (remove) =>
      inRealm(remove)
        .option('--force', 'remove the key even if it is in use; requires --reason')
        .option('--cut-tokens', 'reject all tokens of the client issued before now, as for a stolen key'),
    input: ({ realm, force, cutTokens }: RealmOptions & { force?: boolean; cutTokens?: boolean }, client, key) => ({
      params: { realm, client, key },
      body: { force, cutTokens },
    }),
    text: describe,
  })

  addOperation(client, {
    usage: 'jwks-uri <client-id> <url>',
    description:
      'Set the URL where a client publishes its public keys as a JWK Set. The server fetches it by https, at most once a minute. "client key remove" removes it',
    operation: 'keys.setUri',
    example: 'client jwks-uri api-client-acme https://backend.example/jwks --realm nt24-idp',
    options: (set) => inRealm(set).option('--algorithm <name>', 'algorithm of RSA keys that name none; RS256 by default'),
    input: ({ realm, algorithm }: RealmOptions & { algorithm?: Algorithm }, client, url) => ({
      params: { realm, client },
      body: { url, algorithm },
    }),
    text: describe,
  })
}

/** A JWK or a set as JSON, anything else as PEM. @throws CommandError for a private key, which is not sent */
export function readKey(file: string): KeyInput['key'] {
  const text = readText(file).trim()
  const key = text.startsWith('{') ? parseJson(file, text) : text
  if (text.includes('PRIVATE KEY') || hasPrivateMember(key))
    throw new CommandError(`"${file}" has a private key, which stays where it is used. Nothing was sent.`, {
      next: 'Pass the public key: openssl pkey -in private.pem -pubout -out public.pem',
    })
  return key
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new CommandError(`"${file}" is not valid JSON. Nothing was sent.`, {
      reason: 'local',
      next: 'Pass a JWK, a JWK Set, or a key in PEM.',
    })
  }
}

/** "d" of a private key, "k" of a symmetric one (RFC 7518 §6), also in a set. */
function hasPrivateMember(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false
  const { keys } = key as { keys?: unknown }
  return 'd' in key || 'k' in key || (Array.isArray(keys) && keys.some(hasPrivateMember))
}

function nextAfterAdd({ keys, client }: Keys, { realm }: RealmOptions): string {
  const [added] = keys
  const named = `with the private key of this one, and name its key id: ${added?.keyId ?? ''}`
  if (keys.length === 1) return `Next: let the client sign its assertions ${named}`
  const isOneOfTwo = keys.some((key) => key !== added && key.algorithm === added?.algorithm)
  const warning = isOneOfTwo ? `Assertions by ${added?.algorithm} without a key id (kid) are refused from now on.\n\n` : ''
  return `${warning}Next: when all instances sign with the new key, remove the old one:\n  countersign client key remove ${client} ${keys.at(-1)?.id} --realm ${realm}`
}

function describe({ client, keys, authenticationMethods }: Keys): string {
  const facts = formatFacts([
    ['client', client],
    ['methods', authenticationMethods.join(' ')],
    ...(keys.length === 0 ? [['keys', 'none'] as const] : []),
  ])
  if (keys.length === 0) return facts
  const rows = keys.map(({ id, keyId, jwksUri, algorithm, createdAt, firstUsedAt, lastUsedAt, expiresAt }) => [
    id,
    keyId ?? jwksUri ?? '',
    algorithm ?? '',
    createdAt,
    firstUsedAt ?? 'never',
    lastUsedAt ?? 'never',
    expiresAt ?? 'never',
  ])
  return `${facts}\n\n${formatTable(['KEY', 'KEY ID', 'ALGORITHM', 'CREATED', 'FIRST USED', 'LAST USED', 'EXPIRES'], rows)}`
}
