// countersign backup: a copy of the store at one moment, beside the running server.
import { Command } from 'commander'
import { CommandError, printResult } from './output.ts'

export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy the store of a running or stopped server into one file (SQLite)')
    .requiredOption('--config <file>', 'the configuration file of the server')
    .requiredOption('--to <file>', 'where to write the backup; nothing is overwritten')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The pepper and the key encryption key are not in it: keep them elsewhere, you need both. "countersign restore" puts it back.

Example:
  countersign backup --config countersign.yaml --to backups/2026-01-31.db`,
    )
    .action(async ({ config, to, json }: { config: string; to: string; json?: boolean }) => {
      const { backUpSqlite, inspectStore, loadConfiguration } = await import('@countersign/server')
      const { store, secretPepper, keyEncryptionKey, auditKey } = loadConfiguration(config)
      const keys = [secretPepper, keyEncryptionKey, ...(auditKey === undefined ? [] : [auditKey])]
      const { kind, name } = await inspectStore(store)
      if (kind === 'postgres')
        throw new CommandError(`The store "${name}" is a PostgreSQL, which has its own program for this.`, {
          next: `pg_dump --format=custom --no-owner --file=${to} "${name}"`,
        })
      backUpSqlite(store, to)
      printResult(
        json,
        { backup: to, notInIt: keys },
        () =>
          `The store is in "${to}".\nNot in it, and needed with it, so keep them elsewhere:\n${keys.map((key) => `  ${key}`).join('\n')}`,
      )
    })
}
