// countersign key: the public keys by which clients authenticate in place of a secret.
import { Command } from 'commander'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { formatFacts, formatTable } from './output.ts'
import { readPublicKeyFile } from './public-key-file.ts'

type KeyOptions = RealmOptions & { readonly key: string; readonly keyId?: string; readonly algorithm?: string }
type RemoveOptions = RealmOptions & { readonly force?: boolean; readonly reason?: string; readonly cutTokens?: boolean }

export function keyCommand(): Command {
  const command = new Command('key')
    .description('Register, list and remove the public keys of clients')
    .addHelpText('after', '\nExample:\n  countersign key add api-client-acme --realm nt24-idp --key acme.pub.pem --key-id acme-2027')
  const of = ({ realm }: RealmOptions, client: string) => ({ realm, client })

  addOperation(command, {
    usage: 'list <client-id>',
    operation: 'keys.list',
    example: 'key list api-client-acme --realm nt24-idp',
    input: (options, client) => ({ params: of(options, client) }),
    text: describe,
  })

  addOperation(command, {
    usage: 'add <client-id>',
    description:
      'Register a public key of a client. To replace a key, add the new one, let every instance sign with it, and remove the old one',
    operation: 'keys.add',
    example: 'key add api-client-acme --realm nt24-idp --key acme.pub.pem --key-id acme-2027',
    options: (add) =>
      inRealm(add)
        .requiredOption('--key <file>', 'file with the public key or certificate in PEM, or a JWK or JWK Set; "-" for standard input')
        .option('--key-id <id>', 'key id that assertions name; by default that of the JWK, or the thumbprint of the key')
        .option('--algorithm <name>', 'algorithm of the signatures; by default that of the JWK or of the curve, RS256 for RSA'),
    input: (options: KeyOptions, client) => ({
      params: of(options, client),
      body: {
        key: readPublicKeyFile(options.key),
        keyId: options.keyId,
        algorithm: options.algorithm,
      } as OperationInput<'keys.add'>['body'],
    }),
    text: (keys, { realm }) =>
      `${describe(keys)}\n\nNext: sign with the new key and its key id. When the old one is no longer used, run:\n  countersign key remove ${keys.client} KEY --realm ${realm}`,
  })

  addOperation(command, {
    usage: 'set-uri <client-id>',
    operation: 'keys.setUri',
    example: 'key set-uri api-client-acme --realm nt24-idp --url https://acme.example/jwks.json',
    options: (set) =>
      inRealm(set)
        .requiredOption('--url <url>', 'https URL of the JWK Set that the client publishes')
        .option('--algorithm <name>', 'algorithm of RSA keys in the set that name none; RS256 by default'),
    input: ({ url, algorithm, ...options }: RealmOptions & { url: string; algorithm?: string }, client) => ({
      params: of(options, client),
      body: { url, algorithm } as OperationInput<'keys.setUri'>['body'],
    }),
    text: describe,
  })

  addOperation(command, {
    usage: 'remove <client-id> <key>',
    description:
      'Remove a public key immediately; "key list" shows the keys. Fails if it was used recently, or if nothing else of the client was ever used, unless --force is given',
    operation: 'keys.remove',
    example: 'key remove api-client-acme 0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33 --realm nt24-idp',
    options: (remove) =>
      inRealm(remove)
        .option('--force', 'remove the key even if it is in use, as for a stolen key; requires --reason')
        .option('--reason <text>', 'reason for --force, recorded in the audit log')
        .option('--cut-tokens', 'reject all tokens of the client issued before now, too'),
    input: (options: RemoveOptions, client, key) => ({
      params: { ...of(options, client), key: key },
      body: { force: options.force, reason: options.reason, cutTokens: options.cutTokens },
    }),
    text: describe,
  })

  return command
}

function describe({ client, authenticationMethods, keys, version }: OperationOutput<'keys.list'>): string {
  const facts = formatFacts([
    ['client', client],
    ['methods', authenticationMethods.join(' ')],
    ['version', String(version)],
  ])
  if (keys.length === 0) return `${facts}\n\nThe client has no keys.`
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
