// countersign init: everything a new server needs (configuration, pepper, key encryption key, store) and its first operator.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { newConfiguration } from './new-configuration.ts'
import { CommandError, printResult } from './output.ts'

export function initCommand(): Command {
  return new Command('init')
    .description('Write a commented configuration, create the keys and the store, and print the first operator')
    .option('--config <file>', 'where to write the configuration', 'countersign.yaml')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nNothing that exists is overwritten.\n\nExample:\n  countersign init --config countersign.yaml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const directory = dirname(resolve(config))
      const home = join(directory, '.countersign')
      const files = {
        config,
        pepper: join(home, 'pepper'),
        keyEncryptionKey: join(home, 'key-encryption-key'),
        store: join(home, 'countersign.db'),
      }
      for (const file of Object.values(files)) {
        if (existsSync(file))
          throw new CommandError(`"${file}" exists already; "init" is for a new server and overwrites nothing.`, {
            next: `Start that one with "countersign serve --config ${config}", or choose another folder: --config FOLDER/countersign.yaml.`,
          })
      }
      const { createKeyRingFile, createServer, loadConfiguration } = await import('@countersign/server')
      mkdirSync(home, { recursive: true, mode: 0o700 })
      writeFileSync(config, newConfiguration, { flag: 'wx' })
      createKeyRingFile(files.pepper)
      createKeyRingFile(files.keyEncryptionKey)

      const server = await createServer({ configuration: loadConfiguration(config) })
      const operator = await server.createOperator()
      await server.close()
      printResult(json, { files, operator }, () => describe(files, operator))
    })
}

type Operator = { readonly clientId: string; readonly clientSecret: string }

function describe(files: Readonly<Record<'config' | 'pepper' | 'keyEncryptionKey' | 'store', string>>, operator: Operator): string {
  return `Created
  ${files.config}  the configuration: read it, it is commented
  ${files.store}  the store
  ${files.pepper}  the pepper of the secret digests
  ${files.keyEncryptionKey}  the key that encrypts the signing keys

Back up the last two apart from the store: without them it is of no use, and with them it should not lie around.

The first operator; the secret is shown only now:
  export COUNTERSIGN_SERVER=http://localhost:8080
  export COUNTERSIGN_CLIENT_ID=${operator.clientId}
  export COUNTERSIGN_CLIENT_SECRET=${operator.clientSecret}

Next:
  countersign serve --config ${files.config}
  countersign organization create --realm partners --slug acme --name "Acme"`
}
