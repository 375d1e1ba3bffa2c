// countersign init: everything a new server needs (configuration, keys, store) and its first operator.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { newConfiguration } from './new-configuration.ts'
import { CommandError, printResult } from './output.ts'

const usualStore = 'sqlite:.countersign/countersign.db'

export function initCommand(): Command {
  return new Command('init')
    .description('Write a commented configuration, create the keys and the store, and print the first operator')
    .option('--config <file>', 'where to write the configuration', 'countersign.yaml')
    .option('--store <location>', 'sqlite:FILE, postgres://USER@HOST/DATABASE, or env:NAME for a variable that holds one', usualStore)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Nothing that exists is overwritten. A PostgreSQL must have an empty database; a second node is not made by "init" but gets a
copy of the configuration and the keys of the first.

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
  for (const file of [config, ...Object.values(keys)]) refuseExisting(file, config)

  const { createKeyRingFile, createServer, inspectStore, loadConfiguration, parseConfiguration } = await import('@countersign/server')
  const text = newConfiguration.replace(`store: ${usualStore}`, () => `store: ${inYaml(store)}`)
  const found = await inspectStore(parseConfiguration(text, directory, '--store').store)
  if (found.state !== 'missing' && found.kind === 'sqlite') refuseExisting(found.name, config)
  if (found.state === 'used')
    throw new CommandError(`The database "${found.name}" is in use already; "init" is for an empty one.`, {
      next: `For a further node, copy "${config}" and the folder ".countersign" of the first node here, then "countersign serve --config ${config}". If its operators are lost: "countersign operator create".`,
    })

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

function refuseExisting(file: string, config: string): void {
  if (!existsSync(file)) return
  throw new CommandError(`"${file}" exists already; "init" is for a new server and overwrites nothing.`, {
    next: `Start that one with "countersign serve --config ${config}", or choose another folder: --config FOLDER/countersign.yaml.`,
  })
}

/** As it is where that is the same in YAML. */
function inYaml(text: string): string {
  return /^[\w:/.@-]+$/.test(text) ? text : JSON.stringify(text)
}

type Operator = { readonly clientId: string; readonly clientSecret: string }

/** The three lines that the other commands read an operator from. */
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
  ${files.config}  the configuration: read it, it is commented
  ${files.store}  the store
  ${files.pepper}  the pepper of the secret digests
  ${files.keyEncryptionKey}  the key that encrypts the signing keys
  ${files.auditKey}  the key that protects the audit log

Back up the last three apart from the store: without them it is of no use, and with them it should not lie around.

The first operator; the secret is shown only now:
${describeOperator(operator, 'http://localhost:8080')}

Next:
  countersign serve --config ${files.config}
  countersign organization create --realm partners --slug acme --name "Acme"`
}
