// countersign init: everything a new server needs (configuration, keys, store) and its first operator.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { newConfiguration } from './new-configuration.ts'
import { CommandError, printResult } from './output.ts'

const usualStore = 'sqlite:.countersign/countersign.db'

export function initCommand(): Command {
  return new Command('init')
    .description('Create a configuration file, the keys and the store, and print the credentials of the first operator')
    .option('--config <file>', 'configuration file to write', 'countersign.yaml')
    .option(
      '--store <location>',
      'location of the store: sqlite:FILE, postgres://USER@HOST/DATABASE, or env:NAME or file:PATH for an environment variable or a file that contains one',
      usualStore,
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Existing files are not overwritten. A PostgreSQL database must be empty. Do not run "init" for a second node: copy the
configuration and the keys of the first node to it.

Examples:
  countersign init --config countersign.yaml
  DATABASE_URL=postgres://countersign:secret@db.example.com/countersign countersign init --store env:DATABASE_URL`,
    )
    .action(init)
}

async function init({ config, store, json }: { config: string; store: string; json?: boolean }): Promise<void> {
  const directory = dirname(resolve(config))
  const home = join(directory, '.countersign')
  const keys = { pepper: join(home, 'pepper'), keyEncryptionKey: join(home, 'key-encryption-key'), auditKey: join(home, 'audit-key') }
  refuseDemoFolder(home)
  for (const outer of foldersAround(directory)) if (basename(outer) === '.countersign') refuseDemoFolder(outer)
  for (const file of [config, ...Object.values(keys)]) refuseExisting(file, config)

  const { checkStore, createKeyRingFile, createServer, inspectStore, loadConfiguration, parseConfiguration } =
    await import('@countersign/server')
  const text = newConfiguration.replace(`store: ${usualStore}`, () => `store: ${inYaml(store)}`)
  const { store: location } = parseConfiguration(text, directory, '--store')
  const found = await inspectStore(location)
  if (found.state !== 'missing' && found.kind === 'sqlite') refuseExisting(found.name, config)
  if (found.state === 'used')
    throw new CommandError(`The database "${found.name}" is not empty; "init" requires an empty database.`, {
      reason: 'conflict',
      next: `For a further node, copy "${config}" and the folder ".countersign" of the first node here, then run "countersign serve --config ${config}". If the operator credentials are lost, run "countersign operator create".`,
    })

  await checkStore(location)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  writeFileSync(config, text, { flag: 'wx', mode: 0o600 })
  for (const file of Object.values(keys)) createKeyRingFile(file)
  const server = await createServer({ configuration: loadConfiguration(config), logStream: process.stderr })
  try {
    const operator = await server.createOperator({ onlyFirst: true })
    const files = { config, ...keys, store: found.name }
    printResult(json, { files, operator }, () => describe(files, operator))
  } finally {
    await server.close()
  }
}

/** The files of a demo may be deleted at any time, those of a server never. */
function refuseDemoFolder(home: string): void {
  if (!existsSync(join(home, 'demo')) && !existsSync(join(home, 'demo.json'))) return
  throw new CommandError(`"${home}" holds the state of a demo; a server needs a folder of its own.`, {
    reason: 'conflict',
    next: 'Choose another folder, which is created: --config server/countersign.yaml.',
  })
}

/** The folder itself, and each that it is in. */
function foldersAround(folder: string): string[] {
  const outer = dirname(folder)
  return outer === folder ? [folder] : [folder, ...foldersAround(outer)]
}

function refuseExisting(file: string, config: string): void {
  if (!existsSync(file)) return
  throw new CommandError(`"${file}" already exists; "init" creates a new server and does not overwrite files.`, {
    reason: 'conflict',
    next: `Start the existing server with "countersign serve --config ${config}", or choose another folder: --config FOLDER/countersign.yaml.`,
  })
}

/** The value itself where YAML needs no quotes. */
function inYaml(text: string): string {
  return /^[\w:/.@-]+$/.test(text) ? text : JSON.stringify(text)
}

type Operator = { readonly clientId: string; readonly clientSecret: string }

/** The three lines from which the other commands read an operator. */
export function describeOperator({ clientId, clientSecret }: Operator, serverUrl: string): string {
  return `  export COUNTERSIGN_SERVER=${serverUrl}
  export COUNTERSIGN_CLIENT_ID=${clientId}
  export COUNTERSIGN_CLIENT_SECRET=${clientSecret}`
}

function describe(
  files: Readonly<Record<'config' | 'pepper' | 'keyEncryptionKey' | 'auditKey' | 'store', string>>,
  operator: Operator,
): string {
  return `Created
  ${files.config}  configuration (commented; read it before you serve others)
  ${files.store}  store
  ${files.pepper}  pepper: the key of the secret digests
  ${files.keyEncryptionKey}  key-encryption key: encrypts the signing keys
  ${files.auditKey}  audit key: protects the audit log against changes

Back up the three keys separately from the store. A store without its keys is useless; do not keep both in one place.

The first operator (the secret is shown only once):
${describeOperator(operator, 'http://localhost:8080')}

Next:
  countersign serve --config ${files.config}
  countersign organization create --realm partners --slug acme --name "Acme"`
}
